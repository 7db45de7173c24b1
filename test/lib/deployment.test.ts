import { beforeAll, expect, test } from "vitest";
import { changed, EXAMPLE, load, problemsOf } from "./config-example.ts";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { flat, viewOf } from "./template-view.ts";

const NAME = "api.example.com";
const ZONE = { id: "Z0123456789ABC", name: "example.com" };
const CAPACITY_ARN = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine";
const ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/0f9f7a3e";

const COLLECTOR = "https://collector.example.com/v1/traces";

let everything: Synthesized;
beforeAll(async () => {
  everything = await synthesize({
    bundle: false,
    deployment: {
      trial: true,
      alarmEmail: "on-call@example.com",
      customDomain: { name: NAME, hostedZone: ZONE },
      waf: {},
      provisionedConcurrency: 2,
      reservedConcurrency: 5,
      logLevel: "warn",
      logRetentionDays: 365,
      traces: { endpoint: COLLECTOR },
    },
  });
}, SYNTHESIS_LIMIT_MS);

const { resources, only, resourceNamed } = viewOf(() => everything.template);

// --- in the configuration -------------------------------------------------------------------------------------

test("nothing has to be configured: no domain, no firewall, nothing reserved, and the money outlives the stack", async () => {
  expect((await load(EXAMPLE)).deployment).toEqual({
    trial: false,
    logLevel: "info",
    logRetentionDays: 90,
  });
});

// biome-ignore format: one row a case
test.each<[string, object, string]>([
  ["a domain without zone or certificate", { customDomain: { name: NAME } }, "deployment.customDomain.hostedZone: missing, expected the id and name of a hosted zone, or a certificateArn"],
  ["a zone that the name is not in", { customDomain: { name: NAME, hostedZone: { ...ZONE, name: "example.org" } } }, 'hostedZone.name: found "example.org", expected a zone that api.example.com is in'],
  ["a URL as a domain", { customDomain: { name: "https://api.example.com", certificateArn: ARN } }, 'customDomain.name: found "https://api.example.com", expected a host name'],
  ["a certificate of IAM", { customDomain: { name: NAME, certificateArn: "arn:aws:iam::123456789012:server-certificate/x" } }, "expected the ARN of an ACM certificate in the region of the stack"],
  ["an alarm to nobody", { alarmEmail: "on-call" }, 'alarmEmail: found "on-call", expected an address to write to'],
  ["a retention that CloudWatch does not know", { logRetentionDays: 91 }, "logRetentionDays: found 91, expected one of 1, 3, 5"],
  ["a firewall rule below what AWS takes", { waf: { requestsPerFiveMinutes: 5 } }, "waf.requestsPerFiveMinutes: found 5, expected a number of requests, at least 10"],
  ["more warm than reserved", { provisionedConcurrency: 6, reservedConcurrency: 5 }, "provisionedConcurrency: found 6, expected at most reservedConcurrency, 5"],
  ["a collector that is not spoken to in secret", { traces: { endpoint: "http://collector.example.com/v1/traces" } }, 'traces.endpoint: found "http://collector.example.com/v1/traces", expected the https URL'],
  ["warm environments beside managed instances", { managedInstances: { capacityProviderArn: CAPACITY_ARN }, provisionedConcurrency: 1 }, "provisionedConcurrency: found 1, expected not beside managedInstances"],
  ["a capacity provider by its name", { managedInstances: { capacityProviderArn: "mine" } }, 'capacityProviderArn: found "mine", expected the ARN of a capacity provider'],
  ["more requests than an environment takes", { managedInstances: { capacityProviderArn: CAPACITY_ARN, requestsPerEnvironment: 1_601 } }, "requestsPerEnvironment: found 1601, expected a number of requests, from 1 to 1,600"],
  ["a typing mistake", { trail: true }, "deployment.trail: unknown field, expected one of trial"],
])("%s is refused", async (_name, deployment, expected) => {
  const problems = await problemsOf(changed(["deployment"], deployment));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

// --- in the stack ---------------------------------------------------------------------------------------------

test("the domain has its certificate, its records and its way to the stage, and is the base URL", () => {
  expect(only("AWS::CertificateManager::Certificate")["Properties"]).toMatchObject({
    DomainName: NAME,
    DomainValidationOptions: [{ DomainName: NAME, HostedZoneId: ZONE.id }],
  });
  expect(only("AWS::ApiGateway::DomainName")["Properties"]).toMatchObject({
    DomainName: NAME,
    SecurityPolicy: "TLS_1_2",
    EndpointConfiguration: { Types: ["REGIONAL"] },
  });
  expect(flat(only("AWS::ApiGateway::BasePathMapping")["Properties"].Stage)).toContain("GatewayApi");
  const records = resources("AWS::Route53::RecordSet").map(([, record]) => record["Properties"]);
  expect(records.map(({ Type, Name }) => [Type, Name])).toEqual([
    ["A", `${NAME}.`],
    ["AAAA", `${NAME}.`],
  ]);
  expect(everything.template.toJSON()["Outputs"].BaseUrl.Value).toBe(`https://${NAME}/v1`);
});

test("the firewall counts requests by address, refuses what says it is too long, and stands before the stage", () => {
  const { Rules, DefaultAction } = only("AWS::WAFv2::WebACL")["Properties"];
  expect(DefaultAction).toEqual({ Allow: {} });
  const [rate, size] = Rules;
  expect(rate.Statement.RateBasedStatement).toEqual({
    AggregateKeyType: "IP",
    Limit: 3_000,
    EvaluationWindowSec: 300,
  });
  const tooLong = new RegExp(size.Statement.RegexMatchStatement.RegexString);
  const lengths = ["0", "999", "6291456", "6299999", "6300000", "7000000", "10000000", "99999999999"];
  expect(lengths.filter((length) => tooLong.test(length))).toEqual([
    "6300000",
    "7000000",
    "10000000",
    "99999999999",
  ]);
  const association = only("AWS::WAFv2::WebACLAssociation")["Properties"];
  expect(flat(association.ResourceArn)).toContain("/stages/");
  expect(flat(association.WebACLArn)).toContain(resourceNamed(/^GatewayFrontDoorFirewall/));
});

test("warm environments are behind an alias that API Gateway calls", () => {
  expect(only("AWS::Lambda::Alias")["Properties"]).toMatchObject({
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
  });
  const uri = flat(
    resources("AWS::ApiGateway::Method").map(([, method]) => method["Properties"].Integration.Uri),
  );
  expect(uri).toContain(resourceNamed(/^GatewayWarm/));
  expect(only("AWS::Lambda::Function", /^GatewayFunction/)["Properties"].ReservedConcurrentExecutions).toBe(
    5,
  );
});

test("a trial goes whole: no table, bucket, secret or user pool is kept, and buckets are emptied first", () => {
  const all: [string, Record<string, unknown>][] = Object.entries(everything.template.toJSON()["Resources"]);
  const kept = all.filter(([, { DeletionPolicy }]) => DeletionPolicy === "Retain").map(([id]) => id);
  // What other stacks of the account may lean on.
  expect(kept).toEqual([resourceNamed(/^GatewayApiCloudWatchRole/), resourceNamed(/^GatewayApiAccount/)]);
  for (const [, table] of resources("AWS::DynamoDB::GlobalTable")) {
    expect(table["Properties"].Replicas[0].DeletionProtectionEnabled).toBe(false);
  }
  for (const [, pool] of resources("AWS::Cognito::UserPool")) {
    expect(pool["Properties"].DeletionProtection).not.toBe("ACTIVE");
  }
  expect(resources("Custom::S3AutoDeleteObjects")).toHaveLength(resources("AWS::S3::Bucket").length);
});

test("logs are kept as long as the configuration says, and the alarms have an address", () => {
  const ours = resources("AWS::Logs::LogGroup").filter(([id]) => !id.startsWith("Custom"));
  for (const [id, group] of ours) expect(group["Properties"].RetentionInDays, id).toBe(365);
  expect(only("AWS::SNS::Subscription")["Properties"]).toMatchObject({
    Protocol: "email",
    Endpoint: "on-call@example.com",
  });
  const { Environment } = only("AWS::Lambda::Function", /^GatewayFunction/)["Properties"];
  expect(Environment.Variables.LOG_LEVEL).toBe("warn");
});

test("the gateway is told where spans go, and nobody else is", () => {
  const told = resources("AWS::Lambda::Function").filter(([, fn]) => flat(fn).includes(COLLECTOR));
  expect(told.map(([id]) => id)).toEqual([expect.stringMatching(/^GatewayFunction/)]);
});
test(
  "on managed instances the function is attached to the capacity provider, 64 requests an environment, and called by its version",
  async () => {
    const { template } = await synthesize({
      bundle: false,
      deployment: { managedInstances: { capacityProviderArn: CAPACITY_ARN } },
    });
    const managed = viewOf(() => template);
    const attached = managed
      .resources("AWS::Lambda::Function")
      .filter(([, fn]) => fn["Properties"].CapacityProviderConfig !== undefined);
    expect(attached.map(([id]) => id)).toEqual([expect.stringMatching(/^GatewayFunction/)]);
    expect(attached[0]?.[1]["Properties"]).toMatchObject({
      MemorySize: 2_048,
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: {
          CapacityProviderArn: CAPACITY_ARN,
          PerExecutionEnvironmentMaxConcurrency: 64,
        },
      },
    });
    expect(managed.only("AWS::Lambda::Alias")["Properties"]).not.toHaveProperty(
      "ProvisionedConcurrencyConfig",
    );
    expect(flat(managed.resources("AWS::ApiGateway::Method").map(([, method]) => method))).toContain(
      "GatewayWarm",
    );
  },
  SYNTHESIS_LIMIT_MS,
);
