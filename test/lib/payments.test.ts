import { beforeAll, expect, test } from "vitest";
import { type Synthesized, synthesize } from "./synthesized.ts";
import { allow, flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;

beforeAll(async () => {
  synthesized = await synthesize({ bundle: false });
});

const { resources, only, resourceNamed, arn, rightsOf } = viewOf(() => synthesized.template);

test("Stripe's events reach a function of their own, by POST alone, with the body as it came", () => {
  const methods = resources("AWS::ApiGateway::Method").filter(([id]) => id.includes("webhooksstripe"));
  expect(methods.map(([, method]) => method["Properties"].HttpMethod)).toEqual(["POST"]);
  const [, method] = methods[0] ?? [];
  expect(method?.["Properties"].Integration).toMatchObject({ Type: "AWS_PROXY" });
  expect(method?.["Properties"].Integration.ResponseTransferMode).toBeUndefined();
  expect(flat(method?.["Properties"].Integration.Uri)).toContain("PaymentsWebhook");
  // A body that API Gateway takes for binary comes in base64, which the adapter undoes; none is, so that none must.
  expect(only("AWS::ApiGateway::RestApi")["Properties"].BinaryMediaTypes).toBeUndefined();
});

test("the secret outlives the stack, and no function has what is in it in its environment", () => {
  const secret = only("AWS::SecretsManager::Secret", /^PaymentsKeys/);
  expect(secret).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  for (const [, room] of resources("AWS::Lambda::Function")) {
    expect(flat(room["Properties"].Environment ?? {})).not.toMatch(/STRIPE_|whsec_|sk_(live|test)/);
  }
});

test("payments and credits are compared each hour, and a run that failed is seen", () => {
  const rule = only("AWS::Events::Rule", /^PaymentsEachHour/)["Properties"];
  expect(rule.ScheduleExpression).toBe("cron(40 * * * ? *)");
  expect(rule.Targets[0]).toMatchObject({
    DeadLetterConfig: { Arn: arn("PaymentsReconcileDeadLetters") },
    RetryPolicy: { MaximumRetryAttempts: 0 },
  });
});

test.each(["PaymentAlarms", "WebhooksFailed", "PaymentDifferences", "PaymentsNotCompared"])(
  "%s rings",
  (metric) => {
    expect(only("AWS::CloudWatch::Alarm", new RegExp(`^Payments${metric}`))["Properties"]).toMatchObject({
      Namespace: "WLRouter",
      MetricName: metric,
      Dimensions: [{ Name: "service", Value: "payments" }],
      TreatMissingData: "notBreaching",
    });
  },
);

const POSTS_CREDITS = (id: string) => [
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn(`Payments${id}Log`)),
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], arn("LedgerAccountsTable")),
  allow(["dynamodb:GetItem", "dynamodb:PutItem"], arn("LedgerLedgerTable")),
  allow("secretsmanager:GetSecretValue", { Ref: resourceNamed(/^PaymentsKeys[0-9A-F]{8}$/) }),
];

test("the webhook may post credits and read its secret, nothing else", () => {
  expect(rightsOf("PaymentsWebhook")).toEqual(POSTS_CREDITS("Webhook"));
});

test("automatic top-ups may do the same, and read their queue", () => {
  expect(rightsOf("PaymentsAutoTopUp")).toEqual([
    ...POSTS_CREDITS("AutoTopUp"),
    allow(
      ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      arn("PaymentsAutoTopUpQueue"),
    ),
  ]);
});

test("the comparison may also read every account and its entries", () => {
  const rights = flat(rightsOf("PaymentsReconcile"));
  for (const action of ["dynamodb:Scan", "dynamodb:Query", "sqs:SendMessage"])
    expect(rights).toContain(action);
  for (const action of ["Delete", "s3:", "events:", "*"]) expect(rights).not.toContain(action);
});
