/** docs/deploy.md on paper against the template: what a step names is there. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { Deployment } from "../../lib/deployment-schema.ts";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { flat, viewOf } from "./template-view.ts";

const GUIDE = readFileSync("docs/deploy.md", "utf8");

let synthesized: Synthesized;
beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { resources, only } = viewOf(() => synthesized.template);

const outputs = () => Object.keys(synthesized.template.toJSON()["Outputs"]);

test("every output that the guide names is one of the stack's", () => {
  const named = [...GUIDE.matchAll(/`([A-Z][a-z]+[A-Za-z]*)`/g)].flatMap(([, name = ""]) =>
    /Arn$|Url$|Table$|Topic$|Bucket$|^Dashboard$/.test(name) ? [name] : [],
  );
  expect(new Set(named).size).toBeGreaterThanOrEqual(5);
  for (const name of named) expect(outputs(), name).toContain(name);
});

test("every option of the guide's table is one of the configuration, with its default, and none is missing", () => {
  const [, section = ""] = GUIDE.split("## Options\n");
  const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
  const defaults = Object.entries(Deployment.parse({}));
  for (const [name, value] of defaults) {
    const [, , shown] = rows.find(([, row]) => row === name) ?? [];
    expect(shown?.replaceAll("`", "").trim(), name).toBe(String(value));
  }
  expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(Deployment.shape).sort());
});

test.each([
  ["step 3", "AWS::ApiGateway::Stage"],
  ["step 4", "AWS::SNS::Topic"],
  ["step 5", "AWS::SecretsManager::Secret"],
  ["step 6", "AWS::DynamoDB::GlobalTable"],
  ["step 7", "AWS::ApiGateway::Method"],
  ["step 8", "AWS::CloudWatch::Dashboard"],
  ["step 9", "AWS::Cognito::UserPoolGroup"],
  ["step 10", "AWS::ApiGateway::Resource"],
])("%s works on a resource of the template: %s", (_step, type) => {
  expect(resources(type).length).toBeGreaterThan(0);
});

test("recovery can be done as the guide says: tables go back to any second, and the gateway can be stopped", () => {
  for (const [id, table] of resources("AWS::DynamoDB::GlobalTable")) {
    const [replica] = table["Properties"].Replicas;
    expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, id).toBe(true);
  }
  expect(
    only("AWS::Lambda::Function", /^GatewayFunction/)["Properties"].ReservedConcurrentExecutions,
  ).toBeUndefined();
});

/** The rows of the table below a heading: what stands in the first column, in code or not. */
function firstColumn(heading: string): string[] {
  const [, section = ""] = GUIDE.split(`## ${heading}\n`);
  return [...(section.split("\n## ")[0] ?? "").matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) =>
    cell.trim(),
  );
}

test("the guide's table of outputs has every output of the stack, and no other", () => {
  const named = firstColumn("Outputs").flatMap((cell) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const ours = outputs().filter((name) => !name.startsWith("GatewayApiEndpoint"));
  expect(named.sort()).toEqual([...ours, "CnameTarget"].sort());
});

test("the console's URL is the API's, and so are all that people and Stripe are told", () => {
  const { ConsoleUrl, StripeWebhookUrl } = synthesized.template.toJSON()["Outputs"];
  expect(flat(ConsoleUrl.Value)).toMatch(
    /^\{"Fn::Join":\["",\["https:\/\/",\{"Ref":"GatewayApi\w+"\},.*\/prod\/console"\]\]\}$/,
  );
  expect(flat(StripeWebhookUrl.Value)).toContain("/webhooks/stripe");
});

test("an operator is told of each secret that waits to be filled", () => {
  const secrets = resources("AWS::SecretsManager::Secret").map(([id]) => id);
  const values = flat(synthesized.template.toJSON()["Outputs"]);
  // The console's fills itself.
  expect(secrets.filter((id) => !values.includes(`"${id}"`))).toEqual([
    expect.stringMatching(/^ConsoleSecret/),
  ]);
});

/** How the guide calls each function. */
const CALLED: Readonly<Record<string, string>> = {
  Audit: "audit function",
  AutoTopUp: "auto-top-up functions",
  Console: "console function",
  Gateway: "gateway function",
  LowBalance: "low-balance functions",
  OwedSettles: "owed-settles queue and function",
  Publisher: "publisher function",
  Reconcile: "reconcile, auto-top-up functions",
  Reports: "reports function and bucket",
  Rollup: "rollup, low-balance functions",
  Sweeper: "sweeper function",
  Webhook: "webhook, reconcile",
};

test("what is in the stack says each function and each table", () => {
  const parts = firstColumn("What is in it").join("\n");
  const functions = resources("AWS::Lambda::Function").map(([id]) => id);
  expect(functions).toHaveLength(Object.keys(CALLED).length);
  for (const id of functions) {
    const [, called = "a name in CALLED"] = Object.entries(CALLED).find(([name]) => id.includes(name)) ?? [];
    expect(parts, id).toContain(called);
  }
  for (const [id] of resources("AWS::DynamoDB::GlobalTable")) {
    expect(parts).toMatch(new RegExp(`tables .*\\b${id.replace(/^Ledger(.*)Table[0-9A-F]{8}$/, "$1")}\\b`));
  }
});

test("the cost at rest counts the alarms and the secrets that there are", () => {
  const [, alarms] = /\| alarms \| about (\d+) at/.exec(GUIDE) ?? [];
  expect(Math.abs(Number(alarms) - resources("AWS::CloudWatch::Alarm").length)).toBeLessThanOrEqual(3);
  const [, secrets] = /\| secrets \| (\d+) at/.exec(GUIDE) ?? [];
  expect(Number(secrets)).toBe(resources("AWS::SecretsManager::Secret").length);
});
