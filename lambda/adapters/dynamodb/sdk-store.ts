import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue as SdkAttributeValue,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type AttributeValue, expressionsOf, type Item, type Store, StoreError } from "./store.ts";
import { storeErrorOf } from "./store-failures.ts";

/** The store on the AWS SDK. The client must be made with `maxAttempts: 1`: a HOLD is never repeated behind our back. */
export function createSdkStore(client: DynamoDBClient): Store {
  return {
    async get(table, key, { consistent }) {
      const answer = await translated(() =>
        client.send(new GetItemCommand({ TableName: table, Key: toSdk(key), ConsistentRead: consistent })),
      );
      return answer.Item && fromSdk(answer.Item);
    },
    async putIfAbsent(table, item, keyAttribute) {
      await translated(() =>
        client.send(
          new PutItemCommand({
            TableName: table,
            Item: toSdk(item),
            ConditionExpression: "attribute_not_exists(#key)",
            ExpressionAttributeNames: { "#key": keyAttribute },
          }),
        ),
      );
    },
    async update(table, key, clauses) {
      const { update, condition, names, values } = expressionsOf(clauses);
      // The SDK signs a few steps later. No HOLD goes through it in production.
      if (clauses.maySend?.() === false)
        throw new StoreError("unknown", new Error("not sent: its time is over"));
      const answer = await translated(() =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: toSdk(key),
            UpdateExpression: update,
            ConditionExpression: condition,
            ExpressionAttributeNames: names,
            ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: toSdk(values) } : {}),
            ReturnValues: clauses.returnUpdated ? "UPDATED_NEW" : "NONE",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        ),
      );
      return fromSdk(answer.Attributes ?? {});
    },
  };
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toStoreError(error);
  }
}

function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return storeErrorOf(error, "Item" in error && isItem(error.Item) ? fromSdk(error.Item) : undefined);
}

function isItem(value: unknown): value is Record<string, SdkAttributeValue> {
  return typeof value === "object" && value !== null;
}

export function toSdk(item: Item): Record<string, SdkAttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toSdkValue(value)]));
}

function toSdkValue(value: AttributeValue): SdkAttributeValue {
  if ("M" in value) return { M: toSdk(value.M) };
  if ("L" in value) return { L: value.L.map(toSdkValue) };
  if ("SS" in value) return { SS: [...value.SS] };
  return value;
}

export function fromSdk(item: Record<string, SdkAttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, fromSdkValue(value)]));
}

function fromSdkValue(value: SdkAttributeValue): AttributeValue {
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.SS !== undefined) return { SS: value.SS };
  if (value.L !== undefined) return { L: value.L.map(fromSdkValue) };
  if (value.M !== undefined) return { M: fromSdk(value.M) };
  throw new Error(`an attribute type that no table of ours has: ${Object.keys(value).join()}`);
}
