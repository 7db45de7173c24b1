import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { type IndexDefinition, TABLES, type TableDefinition } from "../lambda/adapters/dynamodb/tables.ts";

const ATTRIBUTE_TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** The tables that hold the money, and the keys that spend it. They outlive the stack. */
export class Ledger extends Construct {
  readonly accounts: TableV2 = this.#table(TABLES.accounts);
  readonly ledger: TableV2 = this.#table(TABLES.ledger);
  readonly apiKeys: TableV2 = this.#table(TABLES.apiKeys);

  #table(definition: TableDefinition): TableV2 {
    const attribute = (name: string) => ({ name, type: ATTRIBUTE_TYPES[typeOf(definition, name)] });
    const key = ({ partitionKey, sortKey }: TableDefinition | IndexDefinition) => ({
      partitionKey: attribute(partitionKey),
      ...(sortKey && { sortKey: attribute(sortKey) }),
    });
    return new TableV2(this, `${definition.name}Table`, {
      ...key(definition),
      billing: Billing.onDemand(),
      globalSecondaryIndexes: definition.indexes.map(
        (index): GlobalSecondaryIndexPropsV2 => ({
          indexName: index.name,
          ...key(index),
          projectionType: ProjectionType[index.projection],
        }),
      ),
      // Old images too: an entry that was changed or removed must be seen for what it was.
      ...(definition.stream && { dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

function typeOf(definition: TableDefinition, attribute: string): "S" | "N" {
  const type = definition.attributes[attribute];
  if (!type) throw new Error(`${definition.name}: the key attribute ${attribute} has no type in tables.ts`);
  return type;
}
