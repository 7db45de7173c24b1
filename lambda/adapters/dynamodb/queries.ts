import { type DynamoDBClient, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { type Queries, queriesOver } from "./paged-reads.ts";
import { fromSdk, toSdk } from "./sdk-store.ts";

/** On the SDK: for everything that is off the hot path. */
export function createQueries(client: DynamoDBClient): Queries {
  return queriesOver(async (operation, { ExclusiveStartKey, ExpressionAttributeValues, ...rest }) => {
    const input = {
      ...rest,
      ...(ExclusiveStartKey ? { ExclusiveStartKey: toSdk(ExclusiveStartKey) } : {}),
      ...(ExpressionAttributeValues ? { ExpressionAttributeValues: toSdk(ExpressionAttributeValues) } : {}),
    };
    const { Items = [], LastEvaluatedKey } =
      operation === "Scan"
        ? await client.send(new ScanCommand(input))
        : await client.send(new QueryCommand(input));
    return { items: Items.map(fromSdk), next: LastEvaluatedKey && fromSdk(LastEvaluatedKey) };
  });
}
