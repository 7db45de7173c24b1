import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { LambdaIntegration, ResponseTransferMode, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import {
  API_KEYS_BY_ACCOUNT,
  API_KEYS_BY_KEY_ID,
  INVITES_BY_ACCOUNT,
  LEDGER_BY_ATTENTION,
  LEDGER_BY_CREATED_AT,
  MEMBERS_BY_ACCOUNT,
  ROLLUPS_BY_DAY,
} from "../lambda/adapters/dynamodb/tables.ts";
import { CONSOLE_SECRETS, ENV, PAYMENTS_FILE } from "../lambda/env.ts";
import type { CatalogFile, ConsoleConfig } from "./config.ts";
import { ConsoleUsers } from "./console-users.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { DeploymentSettings } from "./deployment-schema.ts";
import type { Gateway } from "./gateway.ts";
import type { Ledger } from "./ledger.ts";
import type { Payments } from "./payments.ts";
import type { Reports } from "./reports.ts";
import { RoomFunction } from "./room-function.ts";

export interface ConsoleProps {
  readonly ledger: Ledger;
  readonly gateway: Gateway;
  readonly reports: Reports;
  readonly payments: Payments;
  readonly catalog: CatalogFile;
  readonly deployment: DeploymentSettings;
  readonly config: ConsoleConfig;
  /** The built page; absent: a page that says how it is built. */
  readonly pageFolder?: string | undefined;
}

/** The console: one function for its page and its API, and who may sign in. It is made after the rooms whose dead letters it counts. */
export class Console extends Construct {
  readonly url: string;
  /** Undefined where another issuer is configured. */
  readonly users: ConsoleUsers | undefined;

  constructor(scope: Construct, id: string, props: ConsoleProps) {
    super(scope, id);
    const { config, gateway, deployment } = props;
    const { customDomain } = deployment;
    const publicUrl = customDomain ? `https://${customDomain.name}` : stageUrlOf(gateway.api);
    this.url = `${publicUrl}/console`;
    const page = { callbackUrl: `${this.url}/api/session/callback`, pageUrl: `${this.url}/index.html` };
    this.users =
      config.issuer === undefined ? new ConsoleUsers(this, "Users", { ...page, config }) : undefined;
    const room = this.#makeFunction(props, publicUrl);
    const path = gateway.api.root.addResource("console");
    const integration = new LambdaIntegration(room, {
      // Its page is bytes, some of them compressed: as they are only on a stream.
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: Duration.seconds(29),
      scopePermissionToMethod: false,
    });
    path.addMethod("ANY", integration);
    path.addResource("{proxy+}").addMethod("ANY", integration);
  }

  #makeFunction(props: ConsoleProps, publicUrl: string): RoomFunction {
    const { ledger, gateway, reports, payments, catalog, config } = props;
    const secret = this.#makeSecret();
    const letters = deadLettersOf(Stack.of(this));
    const room = new RoomFunction(this, "Function", {
      room: "console",
      description: "The console: its page and its API",
      timeout: Duration.seconds(29),
      memorySizeMb: 1024,
      environment: {
        ...ledger.environment,
        [ENV.rollupsTable]: ledger.rollups.tableName,
        [ENV.membersTable]: ledger.members.tableName,
        [ENV.invitesTable]: ledger.invites.tableName,
        [ENV.auditTable]: ledger.audit.tableName,
        [ENV.reportsBucket]: reports.bucket.bucketName,
        [ENV.consoleSecretArn]: secret.secretArn,
        [ENV.paymentSecretArn]: payments.secret.secretArn,
        [ENV.publicUrl]: publicUrl,
        [ENV.consoleIssuer]: this.users?.issuer ?? config.issuer ?? "",
        [ENV.consoleClientId]: this.users?.clientId ?? config.clientId ?? "",
        [ENV.gatewayLogGroup]: gateway.room.logGroup.logGroupName,
        [ENV.deadLetterQueues]: Stack.of(this).toJsonString(
          Object.fromEntries(letters.map((queue) => [nameOf(queue), queue.queueUrl])),
        ),
      },
      files: {
        "catalog.json": JSON.stringify(catalog),
        "console.json": JSON.stringify(config),
        [PAYMENTS_FILE]: JSON.stringify({ billing: catalog.billing, payments: catalog.payments }),
      },
      folders: props.pageFolder === undefined ? {} : { page: props.pageFolder },
    });
    allowTables(room, ledger);
    room.allow(secret.secretArn, "secretsmanager:GetSecretValue");
    room.allow(payments.secret.secretArn, "secretsmanager:GetSecretValue");
    // A link carries the function's own right to read; listing is how it sees which files there are.
    room.allow(`${reports.bucket.bucketArn}/reports/*`, "s3:GetObject");
    room.allow(reports.bucket.bucketArn, "s3:ListBucket");
    room.allow(gateway.room.logGroup.logGroupArn, "logs:StartQuery");
    // Of a query that was started there; the action knows no resource.
    room.allow("*", "logs:GetQueryResults");
    for (const queue of letters) room.allow(queue.queueArn, "sqs:GetQueueAttributes");
    return room;
  }

  /**
   * Encrypts sessions. An issuer's client secret is added to it by the operator, where there is one.
   * `generateSecretString` must never change: CloudFormation would generate the value anew, and end every session.
   */
  #makeSecret(): Secret {
    return new Secret(this, "Secret", {
      description: `The console: ${CONSOLE_SECRETS.session} encrypts sessions, ${CONSOLE_SECRETS.client} is the issuer's, where it wants one`,
      generateSecretString: {
        secretStringTemplate: "{}",
        generateStringKey: CONSOLE_SECRETS.session,
        passwordLength: 64,
        excludePunctuation: true,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** Not `api.url`: that is of the deployment, which waits for the methods, which wait for the function that is told this. */
function stageUrlOf(api: RestApi): string {
  const { region, urlSuffix } = Stack.of(api);
  return `https://${api.restApiId}.execute-api.${region}.${urlSuffix}/prod`;
}

/** What people and operators do there, and nothing else: no entry is changed, nothing is deleted. */
function allowTables(room: RoomFunction, ledger: Ledger): void {
  const { accounts, ledger: entries, apiKeys, rollups, members, invites, audit } = ledger;
  const index = ({ tableArn }: { tableArn: string }, name: string) => `${tableArn}/index/${name}`;
  // No put: an account is made by an update that finds none, so no balance can be replaced.
  room.allow(accounts.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan");
  room.allow(entries.tableArn, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query");
  room.allow(index(entries, LEDGER_BY_CREATED_AT), "dynamodb:Query");
  room.allow(index(entries, LEDGER_BY_ATTENTION), "dynamodb:Query");
  room.allow(apiKeys.tableArn, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem");
  room.allow(index(apiKeys, API_KEYS_BY_ACCOUNT), "dynamodb:Query");
  room.allow(index(apiKeys, API_KEYS_BY_KEY_ID), "dynamodb:Query");
  room.allow(rollups.tableArn, "dynamodb:Query");
  room.allow(index(rollups, ROLLUPS_BY_DAY), "dynamodb:Query");
  room.allow(members.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem");
  room.allow(index(members, MEMBERS_BY_ACCOUNT), "dynamodb:Query");
  room.allow(invites.tableArn, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem");
  room.allow(index(invites, INVITES_BY_ACCOUNT), "dynamodb:Query");
  room.allow(audit.tableArn, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query");
}

function deadLettersOf(stack: Stack): DeadLetters[] {
  return stack.node.findAll().filter((construct) => construct instanceof DeadLetters);
}

/** `Usage/LakeDeadLetters`: where it is in the stack. */
function nameOf(queue: DeadLetters): string {
  return queue.node.path.split("/").slice(1).join("/");
}
