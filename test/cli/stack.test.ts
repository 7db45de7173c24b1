import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { LOCAL_BUCKET } from "../../local/s3.ts";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

const REQUEST_ID = "req_01a206ca-52f0-7753-9931-9fe226ca9650";
const LOGGED = {
  at: "2026-11-23T05:04:12.534Z",
  requestId: REQUEST_ID,
  status: 402,
  code: "insufficient_balance",
  latencyMs: 2,
};

let world: CliWorld;
let aws: Server;
/** What was asked of CloudWatch Logs. */
let logQuery: Record<string, unknown> = {};

beforeAll(async () => {
  world = await startCliWorld();
  aws = createServer(async (request, response) => {
    const body = await text(request);
    const { status, answer } = request.headers["x-amz-target"] ? logs(body) : cloudFormation(body);
    response.writeHead(status).end(answer);
  });
  await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_ENDPOINT_URL_CLOUDFORMATION", endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", world.dynamo.endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_S3", world.s3.endpoint);
});
afterAll(async () => {
  aws.close();
  await world.close();
});

/** CloudFormation's query protocol: a stack "WLRouter", and one of somebody else's. */
function cloudFormation(body: string): { status: number; answer: string } {
  const { Action = "", StackName = "" } = Object.fromEntries(new URLSearchParams(body));
  if (StackName === "nobody") {
    const error = "<Code>ValidationError</Code><Message>Stack with id nobody does not exist</Message>";
    return { status: 400, answer: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
  }
  const result = Action === "DescribeStacks" ? stacks(StackName) : resources();
  return {
    status: 200,
    answer: `<${Action}Response><${Action}Result>${result}</${Action}Result></${Action}Response>`,
  };
}

function stacks(name: string): string {
  const { accounts, ledger, apiKeys } = world.dynamo.tables;
  const ours = {
    AccountsTable: accounts,
    LedgerTable: ledger,
    ApiKeysTable: apiKeys,
    ReportsBucket: LOCAL_BUCKET,
  };
  const outputs = name === "WLRouter" ? ours : {};
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<Stacks><member><StackName>${name}</StackName><Outputs>${members.join("")}</Outputs></member></Stacks>`;
}

function resources(): string {
  const groups = { GatewayAccessLogABC: "access", GatewayFunctionLogABC: "gateway" };
  const members = Object.entries(groups).map(
    ([logical, physical]) =>
      "<member><ResourceType>AWS::Logs::LogGroup</ResourceType>" +
      `<LogicalResourceId>${logical}</LogicalResourceId><PhysicalResourceId>${physical}</PhysicalResourceId></member>`,
  );
  return `<StackResourceSummaries>${members.join("")}</StackResourceSummaries>`;
}

/** Two pages, the line on the second, as Lambda's JSON log format wraps it. */
function logs(body: string): { status: number; answer: string } {
  logQuery = JSON.parse(body);
  const page = logQuery["nextToken"]
    ? { events: [{ message: wrapped(LOGGED) }] }
    : { events: [], nextToken: "2" };
  return { status: 200, answer: JSON.stringify(page) };
}

function wrapped(line: object): string {
  return JSON.stringify({
    timestamp: "…",
    level: "INFO",
    requestId: "lambda's own",
    message: JSON.stringify(line),
  });
}

test("--stack finds the tables by the stack's outputs and works with the operator's credentials", async () => {
  const created = await world.json(
    "accounts",
    "create",
    "--name",
    "acme",
    "--credit",
    "3",
    "--stack",
    "WLRouter",
  );
  expect(created.available).toBe("3.00");
  expect(await world.json("accounts", "show", created.account_id)).toEqual(created);
});

test("a refused request is found in the function's log, which is searched around the time that its id names", async () => {
  const shown = await world.json("requests", "show", REQUEST_ID, "--stack", "WLRouter");
  expect(shown).toMatchObject({
    request_id: REQUEST_ID,
    outcome: "refused",
    status: 402,
    code: "insufficient_balance",
  });
  const atMs = Date.parse("2026-11-23T05:04:12.528Z");
  expect(logQuery).toMatchObject({
    logGroupName: "gateway",
    filterPattern: `"${REQUEST_ID}"`,
    startTime: atMs - 3_600_000,
    endTime: atMs + 3_600_000,
  });
});

test("a stack that is not there, or not ours, is said to be so", async () => {
  const absent = await world.cli("accounts", "list", "--stack", "nobody");
  expect(absent).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining('no stack "nobody"') });
  const other = await world.cli("accounts", "list", "--stack", "other");
  expect(other).toMatchObject({
    exitCode: 1,
    out: "",
    err: expect.stringMatching(/"other" has no output AccountsTable/),
  });
});

test("--stack finds the bucket of reports, too", async () => {
  const { account_id } = await world.json("accounts", "create", "--name", "acme", "--credit", "3");
  const today = new Date().toISOString().slice(0, 10);
  await world.json("reports", "run", "--date", today, "--stack", "WLRouter");
  const listed = await world.json("reports", "list", "--account", account_id, "--stack", "WLRouter");
  expect(listed).toEqual([
    { key: `reports/daily/dt=${today}/${account_id}.csv`, size_bytes: expect.any(Number) },
  ]);
});

test("a stack has no demo model", async () => {
  const models = await world.json("models", "--stack", "WLRouter");
  expect(models.map(({ id }: { id: string }) => id)).toEqual(["gpt-4.1-mini"]);
});
