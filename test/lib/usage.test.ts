import { beforeAll, expect, test } from "vitest";
import { BUS_NAME, RULES } from "../../lambda/adapters/eventbridge/rules.ts";
import { LAKE_COLUMNS, lakePrefix } from "../../lambda/adapters/s3/lake-schema.ts";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { allow, flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;

beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { resources, only, resourceNamed, arn, rightsOf, rightsOfRole } = viewOf(() => synthesized.template);

// --- from the ledger to the bus -------------------------------------------------------------------------------

test("every change of the Ledger table reaches the publisher, unfiltered, so that tampering is seen", () => {
  const { EventSourceArn, FilterCriteria, StartingPosition } = streamMapping();
  expect(EventSourceArn).toEqual({ "Fn::GetAtt": [resourceNamed(/^LedgerLedgerTable/), "StreamArn"] });
  expect(FilterCriteria).toBeUndefined();
  expect(StartingPosition).toBe("TRIM_HORIZON");
});

test("a record that cannot be published is found by halving, tried a bounded number of times, and put aside", () => {
  expect(streamMapping()).toMatchObject({
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 10,
    DestinationConfig: { OnFailure: { Destination: arn("UsageUnpublished") } },
  });
});

function streamMapping() {
  return only("AWS::Lambda::EventSourceMapping", /^UsagePublisher/)["Properties"];
}

test("an entry that was changed or removed rings, by the metric that the publisher counts", () => {
  expect(only("AWS::CloudWatch::Alarm", /^UsageTampered/)["Properties"]).toMatchObject({
    Namespace: "WLRouter",
    MetricName: "EntriesTampered",
    Dimensions: [{ Name: "service", Value: "publisher" }],
    Threshold: 1,
    TreatMissingData: "notBreaching",
  });
});

test("the bus keeps what it has seen for 30 days", () => {
  expect(only("AWS::Events::EventBus")["Properties"].Name).toBe(BUS_NAME);
  expect(only("AWS::Events::Archive")["Properties"]).toMatchObject({
    SourceArn: arn("UsageBus"),
    RetentionDays: 30,
  });
});

// --- what listens on the bus ----------------------------------------------------------------------------------

test("the rules of the bus are those that one machine applies too, each with one target and its dead letters", () => {
  const rules = resources("AWS::Events::Rule").map(([, rule]) => rule["Properties"]);
  const ours = rules.filter((rule) => rule.EventBusName);
  expect(ours.map((rule) => rule.EventPattern)).toEqual([
    RULES.lake,
    RULES.rollups,
    RULES.lowBalance,
    RULES.autoTopUp,
  ]);
  expect(ours.map((rule) => rule.Targets)).toEqual([
    [target("UsageLakeStream", "UsageLakeDeadLetters")],
    [target("UsageRollupQueue", "UsageRollupDeadLetters")],
    [target("UsageLowBalanceQueue", "UsageLowBalanceDeadLetters")],
    [target("PaymentsAutoTopUpQueue", "PaymentsAutoTopUpDeadLetters")],
  ]);
});

function target(name: string, deadLetters: string): unknown {
  return expect.objectContaining({ Arn: arn(name), DeadLetterConfig: { Arn: arn(deadLetters) } });
}

test("a queue behind the bus is tried five times, and its function has it alone for long enough", () => {
  for (const name of ["UsageRollup", "UsageLowBalance"]) {
    const queue = only("AWS::SQS::Queue", new RegExp(`^${name}Queue`))["Properties"];
    const { Timeout } = only("AWS::Lambda::Function", new RegExp(`^${name}[0-9A-F]{8}$`))["Properties"];
    expect(queue.RedrivePolicy).toEqual({
      deadLetterTargetArn: arn(`${name}DeadLetters`),
      maxReceiveCount: 5,
    });
    const mapping = only("AWS::Lambda::EventSourceMapping", new RegExp(`^${name}`))["Properties"];
    expect(queue.VisibilityTimeout).toBe(6 * Timeout + mapping.MaximumBatchingWindowInSeconds);
    expect(mapping).toMatchObject({
      EventSourceArn: arn(`${name}Queue`),
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  }
});

test("every queue is encrypted and speaks TLS only, and whoever may write to one is named", () => {
  const queues = resources("AWS::SQS::Queue");
  const policies = resources("AWS::SQS::QueuePolicy").map(([, policy]) => policy["Properties"]);
  expect(policies).toHaveLength(queues.length);
  for (const [, queue] of queues) expect(queue["Properties"].SqsManagedSseEnabled).toBe(true);
  for (const { PolicyDocument } of policies) {
    const [deny, ...allowed] = PolicyDocument.Statement;
    expect(deny).toMatchObject({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } });
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: "events.amazonaws.com" });
      expect(Condition.ArnEquals["aws:SourceArn"]).toBeDefined();
    }
  }
});

test("every queue of dead letters keeps them for two weeks, and rings at the first", () => {
  const queues = resources("AWS::SQS::Queue").filter(([, queue]) => !queue["Properties"].RedrivePolicy);
  expect(queues.length).toBeGreaterThanOrEqual(8);
  const alarms = resources("AWS::CloudWatch::Alarm").map(([, alarm]) => alarm["Properties"]);
  for (const [id, queue] of queues) {
    expect(queue["Properties"].MessageRetentionPeriod).toBe(14 * 86_400);
    const own = alarms.filter(({ Dimensions }) => flat(Dimensions).includes(id));
    expect(own).toEqual([
      expect.objectContaining({
        MetricName: "ApproximateNumberOfMessagesVisible",
        Threshold: 1,
        EvaluationPeriods: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
      }),
    ]);
  }
});

// --- the lake -------------------------------------------------------------------------------------------------

function destination() {
  return only("AWS::KinesisFirehose::DeliveryStream")["Properties"].ExtendedS3DestinationConfiguration;
}

test("Firehose is given the detail of an event alone, and makes Parquet of it by the lake's table", () => {
  const rule = only("AWS::Events::Rule", /^UsageLakeRule/)["Properties"];
  expect(rule.Targets[0].InputPath).toBe("$.detail");
  const { DataFormatConversionConfiguration: conversion, CompressionFormat } = destination();
  expect(conversion.InputFormatConfiguration.Deserializer).toEqual({ OpenXJsonSerDe: {} });
  expect(Object.keys(conversion.OutputFormatConfiguration.Serializer)).toEqual(["ParquetSerDe"]);
  expect(conversion.SchemaConfiguration).toMatchObject({
    DatabaseName: "wlrouter",
    TableName: { Ref: resourceNamed(/^UsageLakeTable/) },
  });
  // Firehose refuses anything else together with a conversion.
  expect(CompressionFormat).toBe("UNCOMPRESSED");
});

test("Firehose's buffer is at least the 64 MiB that conversion and partitioning want, and no older than 15 minutes", () => {
  const { SizeInMBs, IntervalInSeconds } = destination().BufferingHints;
  expect(SizeInMBs).toBeGreaterThanOrEqual(64);
  expect(SizeInMBs).toBeLessThanOrEqual(128);
  expect(IntervalInSeconds).toBeLessThanOrEqual(900);
});

test("a charge goes into the folder of its own hour, the same that one machine writes to and that Athena expects", () => {
  const { Prefix, ErrorOutputPrefix, ProcessingConfiguration, DynamicPartitioningConfiguration } =
    destination();
  expect(DynamicPartitioningConfiguration.Enabled).toBe(true);
  const parameters = ProcessingConfiguration.Processors[0].Parameters.map(
    (parameter: { ParameterName: string; ParameterValue: string }) => [
      parameter.ParameterName,
      parameter.ParameterValue,
    ],
  );
  expect(Object.fromEntries(parameters)).toEqual({
    JsonParsingEngine: "JQ-1.6",
    MetadataExtractionQuery: "{dt:.created_at[0:10],hour:.created_at[11:13]}",
  });
  const createdAt = "2026-11-23T04:05:06.789Z";
  const keys = { dt: createdAt.slice(0, 10), hour: createdAt.slice(11, 13) };
  expect(fill(Prefix, "!{partitionKeyFromQuery:", keys)).toBe(lakePrefix(createdAt));
  const template = table().Parameters["storage.location.template"]["Fn::Join"][1].at(-1);
  expect(fill(template, "${", keys)).toBe(`/${lakePrefix(createdAt)}`);
  expect(ErrorOutputPrefix).toMatch(/^usage-errors\/!\{firehose:error-output-type\}\//);
});

function fill(template: string, opening: string, { dt, hour }: { dt: string; hour: string }): string {
  return template.replace(`${opening}dt}`, dt).replace(`${opening}hour}`, hour);
}

function table() {
  return only("AWS::Glue::Table")["Properties"].TableInput;
}

test("the lake's table has the columns of the event, in order, and finds its folders without a crawler", () => {
  const { StorageDescriptor, PartitionKeys, Parameters } = table();
  expect(
    StorageDescriptor.Columns.map(({ Name, Type }: { Name: string; Type: string }) => ({
      name: Name,
      type: Type,
    })),
  ).toEqual(LAKE_COLUMNS);
  expect(PartitionKeys.map(({ Name }: { Name: string }) => Name)).toEqual(["dt", "hour"]);
  expect(Parameters).toMatchObject({
    "projection.enabled": "true",
    "projection.dt.format": "yyyy-MM-dd",
    "projection.hour.range": "0,23",
    "projection.hour.digits": "2",
  });
});

test("Firehose may write below the lake and its errors, read the one table, and write its log, nothing else", () => {
  const glue = (resource: string) => ({
    "Fn::Join": [
      "",
      [
        "arn:",
        { Ref: "AWS::Partition" },
        ":glue:",
        { Ref: "AWS::Region" },
        ":",
        { Ref: "AWS::AccountId" },
        `:${resource}`,
      ],
    ],
  });
  expect(rightsOfRole("UsageLakeStreamRole")).toEqual([
    allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], arn("UsageLakeBucket")),
    allow(
      ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
      [arn("UsageLakeBucket", "/usage-errors/*"), arn("UsageLakeBucket", "/usage/*")],
    ),
    allow(
      ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
      [glue("catalog"), glue("database/wlrouter"), glue("table/wlrouter/usage")],
    ),
    allow("logs:PutLogEvents", arn("UsageLakeStreamLog")),
  ]);
});

test("the lake is private, encrypted, speaks TLS only and outlives the stack; only errors and answers expire", () => {
  const bucket = only("AWS::S3::Bucket", /^UsageLake/);
  expect(bucket).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  const { PublicAccessBlockConfiguration, BucketEncryption, LifecycleConfiguration } = bucket["Properties"];
  expect(Object.values(PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
  expect(flat(BucketEncryption)).toContain("AES256");
  expect(flat(only("AWS::S3::BucketPolicy", /^UsageLake/))).toContain('"aws:SecureTransport":"false"');
  const expiring = LifecycleConfiguration.Rules.filter(
    (rule: { ExpirationInDays?: number }) => rule.ExpirationInDays,
  );
  expect(expiring.map(({ Prefix }: { Prefix: string }) => Prefix)).toEqual([
    "usage-errors/",
    "athena-results/",
  ]);
});

// --- who may do what ------------------------------------------------------------------------------------------

const QUEUE_RIGHTS = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

test("the publisher may read the stream and put events, and reads no table", () => {
  expect(rightsOf("UsagePublisher")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("UsagePublisherLog")),
    allow("events:PutEvents", arn("UsageBus")),
    allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], {
      "Fn::GetAtt": [resourceNamed(/^LedgerLedgerTable/), "StreamArn"],
    }),
    allow("dynamodb:ListStreams", "*"),
    allow("sqs:SendMessage", arn("UsageUnpublished")),
  ]);
});

test("the rollup function reads entries and puts totals, and touches no balance", () => {
  expect(rightsOf("UsageRollup")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("UsageRollupLog")),
    allow("dynamodb:Query", arn("LedgerLedgerTable", "/index/byCreatedAt")),
    allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], arn("LedgerRollupsTable")),
    allow(QUEUE_RIGHTS, arn("UsageRollupQueue")),
  ]);
});

test("the low-balance function reads balances, notes a crossing there, and puts events", () => {
  expect(rightsOf("UsageLowBalance")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("UsageLowBalanceLog")),
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], arn("LedgerAccountsTable")),
    allow("events:PutEvents", arn("UsageBus")),
    allow(QUEUE_RIGHTS, arn("UsageLowBalanceQueue")),
  ]);
});

test("the stack says where the lake is and what to ask it through", () => {
  const { LakeBucket, EventBus, RollupsTable, AthenaWorkGroup } = synthesized.template.toJSON()["Outputs"];
  expect([LakeBucket, EventBus, RollupsTable].map(({ Value }) => Value.Ref)).toEqual(
    [/^UsageLakeBucket[0-9A-F]{8}$/, /^UsageBus[0-9A-F]{8}$/, /^LedgerRollupsTable/].map(resourceNamed),
  );
  const workGroup = only("AWS::Athena::WorkGroup")["Properties"];
  expect(AthenaWorkGroup.Value).toBe(workGroup.Name);
  expect(workGroup.WorkGroupConfiguration).toMatchObject({
    EnforceWorkGroupConfiguration: true,
    BytesScannedCutoffPerQuery: 100_000_000_000,
    ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: "SSE_S3" } },
  });
  const queries = resources("AWS::Athena::NamedQuery").map(([, query]) => query["Properties"]);
  expect(queries).toHaveLength(5);
  for (const query of queries)
    expect(query).toMatchObject({ WorkGroup: workGroup.Name, Database: "wlrouter" });
});
