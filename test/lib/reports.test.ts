import { beforeAll, expect, test } from "vitest";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { allow, flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;

beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { only, resourceNamed, arn, rightsOf } = viewOf(() => synthesized.template);

test("the reports' bucket is private, encrypted, speaks TLS only, outlives the stack, and is an output", () => {
  const bucket = only("AWS::S3::Bucket", /^ReportsBucket/);
  expect(bucket).toMatchObject({
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    },
  });
  expect(flat(bucket["Properties"].BucketEncryption)).toContain("AES256");
  const policy = only("AWS::S3::BucketPolicy", /^ReportsBucket/)["Properties"].PolicyDocument.Statement;
  expect(policy).toEqual([
    expect.objectContaining({
      Effect: "Deny",
      Action: "s3:*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    }),
  ]);
  const { ReportsBucket } = synthesized.template.toJSON()["Outputs"];
  expect(ReportsBucket.Value).toEqual({ Ref: resourceNamed(/^ReportsBucket[0-9A-F]{8}$/) });
});

test("the reports' function only reads tables, and writes nowhere but below reports/", () => {
  expect(rightsOf("ReportsFunction")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("ReportsFunctionLog")),
    allow("dynamodb:Scan", arn("LedgerAccountsTable")),
    allow("dynamodb:Query", [
      arn("LedgerApiKeysTable", "/index/byAccount"),
      arn("LedgerLedgerTable", "/index/byCreatedAt"),
    ]),
    allow(["s3:GetObject", "s3:PutObject"], arn("ReportsBucket", "/reports/*")),
    allow("s3:ListBucket", arn("ReportsBucket")),
    allow("sqs:SendMessage", arn("ReportsDeadLetters")),
  ]);
});

test("the reports run each hour; what fails is tried by the next hour's run, and leaves a trace", () => {
  const rule = only("AWS::Events::Rule", /^Reports/)["Properties"];
  expect(rule.ScheduleExpression).toBe("cron(10 * * * ? *)");
  expect(rule.Targets).toEqual([
    expect.objectContaining({
      Arn: arn("ReportsFunction"),
      DeadLetterConfig: { Arn: arn("ReportsDeadLetters") },
      RetryPolicy: { MaximumRetryAttempts: 0 },
    }),
  ]);
  expect(only("AWS::Lambda::EventInvokeConfig", /^Reports/)["Properties"]).toMatchObject({
    FunctionName: { Ref: resourceNamed(/^ReportsFunction[0-9A-F]{8}$/) },
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: arn("ReportsDeadLetters") } },
  });
  expect(only("AWS::Lambda::Function", /^Reports/)["Properties"].Timeout).toBe(900);
});

test("an account whose report fails rings, by the metric that the function counts", () => {
  expect(only("AWS::CloudWatch::Alarm", /^ReportsFailed/)["Properties"]).toMatchObject({
    Namespace: "WLRouter",
    MetricName: "ReportsFailed",
    Dimensions: [{ Name: "service", Value: "reports" }],
    Threshold: 1,
    TreatMissingData: "notBreaching",
  });
});
