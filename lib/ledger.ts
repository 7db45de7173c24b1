import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { type IndexDefinition, TABLES, type TableDefinition } from "../lambda/adapters/dynamodb/tables.ts";
import { ENV } from "../lambda/env.ts";
import { OwedSettles } from "./owed-settles.ts";
import { RoomFunction } from "./room-function.ts";

const ATTRIBUTE_TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** The tables that hold the money, and the keys that spend it, which outlive the stack; and the sweeper. */
export class Ledger extends Construct {
  readonly accounts: TableV2 = this.#table(TABLES.accounts);
  readonly ledger: TableV2 = this.#table(TABLES.ledger);
  readonly apiKeys: TableV2 = this.#table(TABLES.apiKeys);
  readonly rollups: TableV2 = this.#table(TABLES.rollups);
  readonly members: TableV2 = this.#table(TABLES.members);
  readonly invites: TableV2 = this.#table(TABLES.invites);
  readonly audit: TableV2 = this.#table(TABLES.audit);
  readonly sweeper: RoomFunction;
  /** Where charges wait that the ledger could not take. */
  readonly owedSettles: OwedSettles;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.sweeper = this.#addSweeper();
    this.owedSettles = new OwedSettles(this, "OwedSettles", { ledger: this });
  }

  /** Each minute, what crashes left behind is ended. A run that overlaps the next does nothing twice. */
  #addSweeper(): RoomFunction {
    const room = new RoomFunction(this, "Sweeper", {
      room: "ledger",
      description: "Ends expired holds and drains records that linger",
      timeout: Duration.minutes(5),
      memorySizeMb: 512,
      environment: this.environment,
    });
    room.allow(this.accounts.tableArn, "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:UpdateItem");
    room.allow(this.ledger.tableArn, "dynamodb:GetItem", "dynamodb:PutItem");
    new Rule(this, "EachMinute", {
      schedule: Schedule.rate(Duration.minutes(1)),
      // The next minute's run is the retry.
      targets: [new LambdaFunction(room, { retryAttempts: 0 })],
    });
    return room;
  }

  /** The tables' names, for a function that speaks to them. */
  get environment(): Record<string, string> {
    return {
      [ENV.accountsTable]: this.accounts.tableName,
      [ENV.ledgerTable]: this.ledger.tableName,
      [ENV.apiKeysTable]: this.apiKeys.tableName,
    };
  }

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
