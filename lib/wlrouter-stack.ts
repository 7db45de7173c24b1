import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Audit } from "./audit.ts";
import type { CatalogFile, ConsoleConfig } from "./config.ts";
import { Console } from "./console.ts";
import type { DeploymentSettings } from "./deployment-schema.ts";
import { Gateway } from "./gateway.ts";
import { WORKGROUP } from "./lake-queries.ts";
import { Ledger } from "./ledger.ts";
import { Operations } from "./operations.ts";
import { Payments } from "./payments.ts";
import { Reports } from "./reports.ts";
import { LOG_RETENTION_DAYS } from "./room-function.ts";
import { removeEverything } from "./trial.ts";
import { Usage } from "./usage.ts";

export interface WLRouterStackProps {
  readonly catalog: CatalogFile;
  readonly deployment: DeploymentSettings;
  readonly console: ConsoleConfig;
  /** Of the built page; absent: a page that says how it is built. */
  readonly consolePage?: string | undefined;
}

/** All of WLRouter: one stack, one deployment. */
export class WLRouterStack extends Stack {
  constructor(scope: Construct, id: string, props: WLRouterStackProps) {
    super(scope, id, { description: "WLRouter: an OpenAI-compatible model gateway with a prepaid balance" });
    const { catalog, deployment } = props;
    this.node.setContext(LOG_RETENTION_DAYS, deployment.logRetentionDays);

    const ledger = new Ledger(this, "Ledger");
    const gateway = new Gateway(this, "Gateway", { ledger, catalog, deployment });
    const usage = new Usage(this, "Usage", { ledger });
    const reports = new Reports(this, "Reports", { ledger });
    const { api } = gateway;
    const payments = new Payments(this, "Payments", { ledger, usage, api, catalog });
    new Audit(this, "Audit", { ledger, gateway, lake: usage.lake.bucket });
    const console = new Console(this, "Console", {
      ...{ ledger, gateway, reports, payments, catalog, deployment },
      ...{ config: props.console, pageFolder: props.consolePage },
    });
    const operations = new Operations(this, "Operations", { deployment, gateway, ledger });
    if (deployment.trial) removeEverything(this);

    new CfnOutput(this, "BaseUrl", { value: gateway.baseUrl });
    new CfnOutput(this, "ConsoleUrl", { value: console.url });
    if (console.users) new CfnOutput(this, "UserPoolId", { value: console.users.pool.userPoolId });
    new CfnOutput(this, "ProviderSecretArn", { value: gateway.providerKeys.secretArn });
    new CfnOutput(this, "PaymentSecretArn", { value: payments.secret.secretArn });
    new CfnOutput(this, "StripeWebhookUrl", { value: payments.webhookUrl });
    new CfnOutput(this, "AccountsTable", { value: ledger.accounts.tableName });
    new CfnOutput(this, "LedgerTable", { value: ledger.ledger.tableName });
    new CfnOutput(this, "ApiKeysTable", { value: ledger.apiKeys.tableName });
    new CfnOutput(this, "RollupsTable", { value: ledger.rollups.tableName });
    new CfnOutput(this, "EventBus", { value: usage.bus.eventBusName });
    new CfnOutput(this, "LakeBucket", { value: usage.lake.bucket.bucketName });
    new CfnOutput(this, "AthenaWorkGroup", { value: WORKGROUP });
    new CfnOutput(this, "ReportsBucket", { value: reports.bucket.bucketName });
    new CfnOutput(this, "AlarmTopic", { value: operations.alarms.topicArn });
    new CfnOutput(this, "Dashboard", { value: operations.dashboard.dashboardName });
    if (gateway.cnameTarget) new CfnOutput(this, "CnameTarget", { value: gateway.cnameTarget });
  }
}
