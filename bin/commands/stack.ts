import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import type { TableNames } from "../../lambda/adapters/dynamodb/tables.ts";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import { Failure } from "./failures.ts";
import { parseLogLine } from "./log-line.ts";

/** The outputs of the stack that name its tables (lib/wlrouter-stack.ts). */
const TABLE_OUTPUTS: TableNames = {
  accounts: "AccountsTable",
  ledger: "LedgerTable",
  apiKeys: "ApiKeysTable",
};

/** @throws Failure when there is no such stack, or it is not one of ours. */
export async function stackTables(stack: string): Promise<TableNames> {
  const outputs = await stackOutputs(stack);
  const tableOf = (output: string): string => {
    const name = outputs.get(output);
    if (name) return name;
    throw new Failure(`the stack "${stack}" has no output ${output}: is it WLRouter, and wholly deployed?`);
  };
  return {
    accounts: tableOf(TABLE_OUTPUTS.accounts),
    ledger: tableOf(TABLE_OUTPUTS.ledger),
    apiKeys: tableOf(TABLE_OUTPUTS.apiKeys),
  };
}

/** @throws Failure when the stack has no bucket for reports. */
export async function stackReportsBucket(stack: string): Promise<string> {
  const bucket = (await stackOutputs(stack)).get("ReportsBucket");
  if (bucket) return bucket;
  throw new Failure(
    `the stack "${stack}" has no output ReportsBucket: deploy it again, it is older than this`,
  );
}

async function stackOutputs(stack: string): Promise<ReadonlyMap<string, string>> {
  const client = new CloudFormationClient({});
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ValidationError")) throw error;
    throw new Failure(`there is no stack "${stack}" in this AWS account and region (${error.message})`);
  } finally {
    client.destroy();
  }
}

/** The line that the gateway's function logged for a request. */
export async function stackLogLine(stack: string, requestId: string): Promise<RequestLogLine | undefined> {
  const client = new CloudWatchLogsClient({});
  try {
    for (const logGroupName of await functionLogGroups(stack)) {
      const pages = paginateFilterLogEvents(
        { client },
        { logGroupName, filterPattern: `"${requestId}"`, ...timeRange(requestId) },
      );
      for await (const { events = [] } of pages) {
        const lines = events.map(({ message = "" }) => parseLogLine(message));
        const line = lines.find((candidate) => candidate?.requestId === requestId);
        if (line) return line;
      }
    }
    return undefined;
  } finally {
    client.destroy();
  }
}

async function functionLogGroups(stack: string): Promise<string[]> {
  const client = new CloudFormationClient({});
  const names: string[] = [];
  try {
    for await (const { StackResourceSummaries = [] } of paginateListStackResources(
      { client },
      { StackName: stack },
    )) {
      for (const {
        ResourceType,
        LogicalResourceId = "",
        PhysicalResourceId = "",
      } of StackResourceSummaries) {
        if (ResourceType === "AWS::Logs::LogGroup" && LogicalResourceId.startsWith(GATEWAY_LOG)) {
          names.push(PhysicalResourceId);
        }
      }
    }
    return names;
  } finally {
    client.destroy();
  }
}

/** How the logical id of the gateway's log group begins (lib/gateway.ts). */
const GATEWAY_LOG = "GatewayFunctionLog";
const HOUR_MS = 3_600_000;

/** A request id that is a UUIDv7 begins with its time, and a request takes 15 minutes at most: no need to read months of log. */
function timeRange(requestId: string): { startTime?: number; endTime?: number } {
  const [, time] = /^req_([0-9a-f]{8}-[0-9a-f]{4})-7/.exec(requestId) ?? [];
  if (!time) return {};
  const startedAtMs = Number.parseInt(time.replace("-", ""), 16);
  return { startTime: startedAtMs - HOUR_MS, endTime: startedAtMs + HOUR_MS };
}
