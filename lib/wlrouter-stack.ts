import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { CatalogFile } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { WORKGROUP } from "./lake-queries.ts";
import { Ledger } from "./ledger.ts";
import { Reports } from "./reports.ts";
import { Usage } from "./usage.ts";

export interface WLRouterStackProps {
  readonly catalog: CatalogFile;
}

/** All of WLRouter: one stack, one deployment. */
export class WLRouterStack extends Stack {
  constructor(scope: Construct, id: string, props: WLRouterStackProps) {
    super(scope, id, { description: "WLRouter: an OpenAI-compatible model gateway with a prepaid balance" });

    const ledger = new Ledger(this, "Ledger");
    const gateway = new Gateway(this, "Gateway", { ledger, catalog: props.catalog });
    const usage = new Usage(this, "Usage", { ledger });
    const reports = new Reports(this, "Reports", { ledger });

    new CfnOutput(this, "BaseUrl", { value: gateway.baseUrl });
    new CfnOutput(this, "ProviderSecretArn", { value: gateway.providerKeys.secretArn });
    new CfnOutput(this, "AccountsTable", { value: ledger.accounts.tableName });
    new CfnOutput(this, "LedgerTable", { value: ledger.ledger.tableName });
    new CfnOutput(this, "ApiKeysTable", { value: ledger.apiKeys.tableName });
    new CfnOutput(this, "RollupsTable", { value: ledger.rollups.tableName });
    new CfnOutput(this, "EventBus", { value: usage.bus.eventBusName });
    new CfnOutput(this, "LakeBucket", { value: usage.lake.bucket.bucketName });
    new CfnOutput(this, "AthenaWorkGroup", { value: WORKGROUP });
    new CfnOutput(this, "ReportsBucket", { value: reports.bucket.bucketName });
  }
}
