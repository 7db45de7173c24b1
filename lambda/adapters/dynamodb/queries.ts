import { type DynamoDBClient, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { text } from "./attributes.ts";
import { fromSdk } from "./sdk-store.ts";
import type { Item } from "./store.ts";

/**
 * Off the hot path: reads of more than one item, page by page, so memory stays small however many there are.
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
}

export function createQueries(client: DynamoDBClient): Queries {
  return {
    async *scan(table, segment) {
      let ExclusiveStartKey: ScanPage["LastEvaluatedKey"];
      do {
        const page: ScanPage = await client.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            ...(segment ? { Segment: segment.index, TotalSegments: segment.of } : {}),
            ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
          }),
        );
        yield* (page.Items ?? []).map(fromSdk);
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
    },
    async *query(table, by) {
      let ExclusiveStartKey: ScanPage["LastEvaluatedKey"];
      do {
        const page: ScanPage = await client.send(
          new QueryCommand({
            TableName: table,
            ...queryInput(by),
            ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
          }),
        );
        yield* (page.Items ?? []).map(fromSdk);
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
    },
  };
}

type ScanPage = Pick<import("@aws-sdk/client-dynamodb").ScanCommandOutput, "Items" | "LastEvaluatedKey">;

function queryInput(by: IndexQuery) {
  const { index, partition, between, newestFirst = false } = by;
  return {
    ...(index ? { IndexName: index } : { ConsistentRead: true }),
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
