/** docs/deploy.md on paper against the template: what a step names is there. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { Deployment } from "../../lib/deployment-schema.ts";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { viewOf } from "./template-view.ts";

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

test("the cost at rest counts the alarms that there are", () => {
  const [, counted] = /\| alarms \| about (\d+) at/.exec(GUIDE) ?? [];
  expect(Math.abs(Number(counted) - resources("AWS::CloudWatch::Alarm").length)).toBeLessThanOrEqual(15);
});
