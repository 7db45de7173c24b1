import { type PagedInput, type Queries, queriesOver } from "./paged-reads.ts";
import { expressionsOf, type Item, type Store, StoreError } from "./store.ts";
import { storeErrorOf } from "./store-failures.ts";

/** DynamoDB's JSON protocol, by whoever speaks it. @throws Error when no whole answer came. */
export type DynamoCall = (
  operation: string,
  body: string,
  maySend?: () => boolean,
) => Promise<{ status: number; body: string }>;

/** What DynamoDB answers with to the operations we use. */
interface Fields {
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly Attributes?: Item;
  readonly LastEvaluatedKey?: Item;
  /** Of a refusal: `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException`. */
  readonly __type?: string;
  readonly message?: string;
}

/** The hot path's store: what the SDK does for three verbs costs more CPU than all the rest of a request. */
export function createDirectStore(call: DynamoCall): Store {
  return {
    async get(table, key, { consistent }) {
      const input = { TableName: table, Key: key, ConsistentRead: consistent };
      return (await send(call, "GetItem", input)).Item;
    },
    async putIfAbsent(table, item, keyAttribute) {
      await send(call, "PutItem", {
        TableName: table,
        Item: item,
        ConditionExpression: "attribute_not_exists(#key)",
        ExpressionAttributeNames: { "#key": keyAttribute },
      });
    },
    async update(table, key, clauses) {
      const { update, condition, names, values } = expressionsOf(clauses);
      const input = {
        TableName: table,
        Key: key,
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
        ReturnValues: clauses.returnUpdated ? "UPDATED_NEW" : "NONE",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      };
      return (await send(call, "UpdateItem", input, clauses.maySend)).Attributes ?? {};
    },
  };
}

/** Reads of many items over the same client, where they are not worth a second one. */
export function createDirectQueries(call: DynamoCall): Queries {
  return queriesOver(async (operation: "Scan" | "Query", input: PagedInput) => {
    const { Items = [], LastEvaluatedKey } = await send(call, operation, input);
    return { items: Items, next: LastEvaluatedKey };
  });
}

/** @throws StoreError; or, for a request that DynamoDB calls wrong, what it said: that is a bug of ours. */
async function send(
  call: DynamoCall,
  operation: string,
  input: object,
  maySend?: () => boolean,
): Promise<Fields> {
  const answer = await answered(() => call(operation, JSON.stringify(input), maySend));
  const fields = parsed(answer.body);
  if (answer.status === 200 && fields) return fields;
  throw storeErrorOf(new DynamoRefusal(answer.status, fields), fields?.Item);
}

async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new StoreError("unknown", error);
  }
}

/** A proxy's error page is no JSON. */
function parsed(body: string): Fields | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Named as DynamoDB names it, like the SDK's errors. */
class DynamoRefusal extends Error {
  constructor(status: number, fields: Fields | undefined) {
    super(fields?.message ?? `HTTP status ${status}`);
    this.name = fields?.__type?.split("#").at(-1) ?? "UnknownError";
  }
}
