import { text } from "./attributes.ts";
import type { AttributeValue, Item } from "./store.ts";

/**
 * Reads of more than one item, page by page, so memory stays small however many there are.
 * Consistent, except through an index, where DynamoDB offers no consistent read.
 */
export interface Queries {
  scan(table: string, segment?: { index: number; of: number }): AsyncIterable<Item>;
  query(table: string, by: IndexQuery): AsyncIterable<Item>;
}

export interface IndexQuery {
  readonly index?: string;
  readonly partition: { readonly name: string; readonly value: string };
  /** Both ends inclusive. */
  readonly between?: { readonly name: string; readonly from: string; readonly to: string } | undefined;
  readonly newestFirst?: boolean;
  /** How many items a page has at most, for who may stop early; absent: as many as fit a megabyte. */
  readonly pageSize?: number;
}

/** A Scan's or Query's input, in DynamoDB's own form. */
export interface PagedInput {
  readonly TableName: string;
  readonly ConsistentRead?: boolean;
  readonly Segment?: number;
  readonly TotalSegments?: number;
  readonly IndexName?: string;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
  readonly ExclusiveStartKey?: Item;
}

export interface Page {
  readonly items: readonly Item[];
  /** Where the next page begins; undefined on the last. */
  readonly next: Item | undefined;
}

export type ReadPage = (operation: "Scan" | "Query", input: PagedInput) => Promise<Page>;

/** The same reads on whichever client. */
export function queriesOver(readPage: ReadPage): Queries {
  async function* pages(operation: "Scan" | "Query", input: PagedInput): AsyncIterable<Item> {
    let next: Item | undefined;
    do {
      const page = await readPage(operation, { ...input, ...(next ? { ExclusiveStartKey: next } : {}) });
      yield* page.items;
      next = page.next;
    } while (next);
  }
  return {
    scan: (table, segment) =>
      pages("Scan", {
        TableName: table,
        ConsistentRead: true,
        ...(segment ? { Segment: segment.index, TotalSegments: segment.of } : {}),
      }),
    query: (table, by) => pages("Query", { TableName: table, ...queryInput(by) }),
  };
}

function queryInput(by: IndexQuery): Omit<PagedInput, "TableName"> {
  const { index, partition, between, newestFirst = false, pageSize } = by;
  return {
    ...(index ? { IndexName: index } : { ConsistentRead: true }),
    ...(pageSize ? { Limit: pageSize } : {}),
    ScanIndexForward: !newestFirst,
    KeyConditionExpression: between
      ? "#partition = :partition AND #sort BETWEEN :from AND :to"
      : "#partition = :partition",
    ExpressionAttributeNames: {
      "#partition": partition.name,
      ...(between ? { "#sort": between.name } : {}),
    },
    ExpressionAttributeValues: {
      ":partition": { S: partition.value },
      ...(between ? { ":from": { S: between.from }, ":to": { S: between.to } } : {}),
    },
  };
}

/** The first item, where an index has at most one. */
export async function firstOf(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}

export function textKey(name: string, value: string): Item {
  return { [name]: text(value) };
}
