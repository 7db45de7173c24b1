import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ACKNOWLEDGEMENTS } from "../../lib/acknowledgements.ts";
import { compareWithSchemas } from "./resource-schemas.ts";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;
beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { resources, only } = viewOf(() => synthesized.template);

// --- rules of others ------------------------------------------------------------------------------------------

test("CDK validates with CloudFormation's default rules, as errors, and found nothing", () => {
  const { context } = JSON.parse(readFileSync("cdk.json", "utf8"));
  expect(context["@aws-cdk/core:validateAgainstDefaultRules"]).toBe(true);
  const report = JSON.parse(readFileSync(path.join(synthesized.folder, "validation-report.json"), "utf8"));
  expect(
    report.pluginReports.filter(({ conclusion }: { conclusion: string }) => conclusion !== "success"),
  ).toEqual([]);
});

test("every property of every resource is one that AWS's schema of the resource takes", async () => {
  const { compared, findings } = await compareWithSchemas(synthesized.template);
  expect(findings).toEqual([]);
  expect(compared).toBeGreaterThan(1_000);
});

test("cdk-nag's AwsSolutions finds nothing that is not acknowledged with a reason, and no acknowledgement is stale", () => {
  const findings = synthesized.nag.violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({
      rule: ruleName.replace(/\[.*/, ""),
      at: constructPath.split("/").slice(1).join("/"),
      description,
    })),
  );
  const covers = (finding: (typeof findings)[number]) =>
    ACKNOWLEDGEMENTS.filter(({ at, rule }) => rule === finding.rule && at.test(finding.at));
  expect(findings.filter((finding) => covers(finding).length === 0)).toEqual([]);
  const needed = new Set(findings.flatMap(covers));
  expect(ACKNOWLEDGEMENTS.filter((acknowledgement) => !needed.has(acknowledgement))).toEqual([]);
  for (const { reason } of ACKNOWLEDGEMENTS) expect(reason.length).toBeGreaterThan(40);
});

// --- limits that schemas do not know --------------------------------------------------------------------------

test("Firehose's buffer is as large as conversion to Parquet wants it", () => {
  for (const [, stream] of resources("AWS::KinesisFirehose::DeliveryStream")) {
    const { BufferingHints, DataFormatConversionConfiguration } =
      stream["Properties"].ExtendedS3DestinationConfiguration;
    if (DataFormatConversionConfiguration?.Enabled)
      expect(BufferingHints.SizeInMBs).toBeGreaterThanOrEqual(64);
  }
});

test("whatever API Gateway streams goes by the streaming path, for 15 minutes at most, and nothing is a mock", () => {
  for (const [id, method] of resources("AWS::ApiGateway::Method")) {
    const { Type, ResponseTransferMode, Uri, TimeoutInMillis = 29_000 } = method["Properties"].Integration;
    expect(Type, id).not.toBe("MOCK");
    const streams = ResponseTransferMode === "STREAM";
    expect(flat(Uri).includes("/2021-11-15/functions/"), id).toBe(streams);
    expect(flat(Uri).includes("/response-streaming-invocations"), id).toBe(streams);
    expect(TimeoutInMillis, id).toBeLessThanOrEqual(streams ? 900_000 : 29_000);
  }
  for (const [id, api] of resources("AWS::ApiGateway::RestApi")) {
    expect(api["Properties"].BinaryMediaTypes, id).toBeUndefined();
  }
});

test("functions keep to Lambda's limits, and queues give their functions the time they have", () => {
  for (const [id, fn] of resources("AWS::Lambda::Function")) {
    const { Timeout, MemorySize = 128, Environment } = fn["Properties"];
    expect(Timeout, id).toBeLessThanOrEqual(900);
    expect(MemorySize, id).toBeLessThanOrEqual(3_008);
    // Four kilobytes for all names and values; names of resources take some hundred characters each.
    expect(flat(Environment ?? {}).length, id).toBeLessThan(3_000);
  }
  for (const [id, queue] of resources("AWS::SQS::Queue")) {
    expect(queue["Properties"].VisibilityTimeout ?? 30, id).toBeLessThanOrEqual(43_200);
  }
});

test("names that a whole account or region shares are those that docs/deploy.md names", () => {
  const named = [
    ...resources("AWS::Events::EventBus").map(([, { Properties }]) => Properties.Name),
    ...resources("AWS::Athena::WorkGroup").map(([, { Properties }]) => Properties.Name),
    ...resources("AWS::Glue::Database").map(([, { Properties }]) => Properties.DatabaseInput.Name),
  ];
  expect(new Set(named)).toEqual(new Set(["wlrouter"]));
  // Any other physical name would make a second stack, or a replacement, impossible.
  for (const type of ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::Lambda::Function"]) {
    for (const [id, { Properties }] of resources(type)) {
      const { BucketName, QueueName, RoleName, FunctionName } = Properties;
      expect([BucketName, QueueName, RoleName, FunctionName].filter(Boolean), id).toEqual([]);
    }
  }
});

test("the template is far from CloudFormation's limits", () => {
  const text = readFileSync(path.join(synthesized.folder, "WLRouter.template.json"), "utf8");
  expect(text.length).toBeLessThan(700_000);
  expect(Object.keys(synthesized.template.toJSON()["Resources"]).length).toBeLessThan(400);
  expect(only("AWS::ApiGateway::Deployment")).toBeDefined();
});
