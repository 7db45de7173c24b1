import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TABLES } from "../../lambda/adapters/dynamodb/tables.ts";
import { CANARY, SYNTHESIS_LIMIT_MS, type Synthesized, synthesize, synthesizeAgain } from "./synthesized.ts";
import { allow, flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;

beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { resources, only, resourceNamed, arn, rightsOf } = viewOf(() => synthesized.template);

// --- the API --------------------------------------------------------------------------------------------------

test("every method of the API itself hands over to the function as a stream of up to 15 minutes", () => {
  const methods = resources("AWS::ApiGateway::Method")
    // Other rooms have paths of their own.
    .filter(([id]) => /^GatewayApi(ANY|proxy)/.test(id))
    .map(([, method]) => method["Properties"]);
  expect(methods).toHaveLength(2);
  for (const method of methods) {
    expect(method.HttpMethod).toBe("ANY");
    expect(method.Integration).toMatchObject({
      Type: "AWS_PROXY",
      ResponseTransferMode: "STREAM",
      TimeoutInMillis: 900_000,
    });
    expect(flat(method.Integration.Uri)).toMatch(
      /:lambda:path\/2021-11-15\/functions\/.*GatewayFunction.*\/response-streaming-invocations/,
    );
  }
  const paths = methods.map((method) => flat(method.ResourceId));
  expect(paths.some((id) => id.includes("RootResourceId"))).toBe(true);
  expect(only("AWS::ApiGateway::Resource", /^GatewayApiproxy/)["Properties"].PathPart).toBe("{proxy+}");
});

test("the API is regional and treats no media type as binary", () => {
  const api = only("AWS::ApiGateway::RestApi")["Properties"];
  expect(api.EndpointConfiguration).toEqual({ Types: ["REGIONAL"] });
  expect(api.BinaryMediaTypes).toBeUndefined();
});

test("API Gateway may call the function, for this API only", () => {
  const permissions = resources("AWS::Lambda::Permission").filter(([id]) => /^Gateway/.test(id));
  expect(permissions.length).toBeGreaterThan(0);
  for (const [, { Properties: permission }] of permissions) {
    expect(permission).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    });
    expect(flat(permission.SourceArn)).toContain("GatewayApi");
  }
});

test("access logs name no message, path, address or header, and the role they need stays behind", () => {
  const { AccessLogSetting } = only("AWS::ApiGateway::Stage")["Properties"];
  const line = JSON.parse(AccessLogSetting.Format);
  expect(line).toMatchObject({ requestId: "$context.requestId", status: "$context.status" });
  expect(AccessLogSetting.Format).not.toMatch(/message|identity|path|authorizer/i);
  const account = only("AWS::ApiGateway::Account");
  expect(account).toMatchObject({ DeletionPolicy: "Retain" });
  expect(only("AWS::ApiGateway::Stage")["DependsOn"]).toContain(resourceNamed(/^GatewayApiAccount/));
});

test("what API Gateway answers itself is our envelope, valid JSON whatever its variables hold, with the request's id", () => {
  const answers = resources("AWS::ApiGateway::GatewayResponse").map(([, response]) => response["Properties"]);
  expect(Object.fromEntries(answers.map((answer) => [answer.ResponseType, answer.StatusCode]))).toEqual({
    DEFAULT_4XX: undefined,
    DEFAULT_5XX: undefined,
    MISSING_AUTHENTICATION_TOKEN: "404",
    RESOURCE_NOT_FOUND: "404",
    WAF_FILTERED: "403",
    REQUEST_TOO_LARGE: "413",
    THROTTLED: "429",
    INTEGRATION_FAILURE: "500",
    INTEGRATION_TIMEOUT: "504",
  });
  for (const answer of answers) {
    const template: string = answer.ResponseTemplates["application/json"];
    // The only variables whose values are API Gateway's own words; a message may quote the client.
    expect(template.replaceAll(/\$context\.(requestId|error\.responseType)/g, "")).not.toContain("$");
    const body = JSON.parse(template.replaceAll("$context.requestId", "c6af9ac6"));
    expect(body).toEqual({
      error: {
        message: expect.any(String),
        type: expect.stringMatching(/^(invalid_request|rate_limit|server)_error$/),
        param: null,
        code: answer.ResponseType === "DEFAULT_4XX" ? null : expect.any(String),
        request_id: "c6af9ac6",
      },
    });
    const headers = answer.ResponseParameters;
    expect(headers["gatewayresponse.header.x-request-id"]).toBe("context.requestId");
  }
  const throttled = answers.find((answer) => answer.ResponseType === "THROTTLED");
  expect(throttled.ResponseParameters["gatewayresponse.header.retry-after"]).toBe("'1'");
});

// --- the function and its rights ------------------------------------------------------------------------------

test("every function runs on Node 24 on ARM64", () => {
  for (const [, fn] of resources("AWS::Lambda::Function")) {
    const { Runtime, Architectures } = fn["Properties"];
    expect({ Runtime, Architectures }).toEqual({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
  }
});

test("the gateway's function runs for up to 15 minutes, with no key in its environment", () => {
  const { Timeout, Environment } = only("AWS::Lambda::Function", /^Gateway/)["Properties"];
  expect(Timeout).toBe(900);
  expect(Object.keys(Environment.Variables).sort()).toEqual([
    "ACCOUNTS_TABLE",
    "API_KEYS_TABLE",
    "LEDGER_TABLE",
    "LOG_LEVEL",
    "OWED_SETTLES_QUEUE",
    "PROVIDER_SECRET_ARN",
  ]);
});

/** A profile of Bedrock's answers in regions of its own, so no region is named. */
const ANY_MODEL = ["application-inference-profile", "foundation-model", "inference-profile"].map(
  (resource) => ({
    "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:bedrock:*:*:${resource}/*`]],
  }),
);

test("the gateway's function may do these things and nothing else", () => {
  expect(rightsOf("GatewayFunction")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("GatewayFunctionLog")),
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], arn("LedgerAccountsTable")),
    allow(["dynamodb:GetItem", "dynamodb:PutItem"], arn("LedgerLedgerTable")),
    allow("dynamodb:Query", arn("LedgerLedgerTable", "/index/byCreatedAt")),
    allow("dynamodb:GetItem", arn("LedgerApiKeysTable")),
    allow("sqs:SendMessage", arn("LedgerOwedSettlesQueue")),
    allow("secretsmanager:GetSecretValue", { Ref: resourceNamed(/^GatewayProviderKeys[0-9A-F]{8}$/) }),
    allow(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], ANY_MODEL),
  ]);
});

test("the sweeper runs each minute, and may read accounts, end holds and put entries, nothing else", () => {
  const rule = only("AWS::Events::Rule", /^Ledger/)["Properties"];
  expect(rule.ScheduleExpression).toBe("rate(1 minute)");
  expect(flat(rule.Targets)).toContain("LedgerSweeper");
  expect(rightsOf("LedgerSweeper")).toEqual([
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("LedgerSweeperLog")),
    allow(["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"], arn("LedgerAccountsTable")),
    allow(["dynamodb:GetItem", "dynamodb:PutItem"], arn("LedgerLedgerTable")),
  ]);
});

test("no role anywhere may delete a balance or change an entry, and none may do everything", () => {
  const everything = flat([resources("AWS::IAM::Policy"), resources("AWS::IAM::Role")]);
  expect(everything).not.toMatch(/dynamodb:(\*|Delete|Batch|PartiQL|TransactWrite)/);
  expect(everything).not.toContain('"Action":"*"');
  for (const [, policy] of resources("AWS::IAM::Policy")) {
    for (const statement of policy["Properties"].PolicyDocument.Statement) {
      if (flat(statement.Resource).includes("LedgerLedger"))
        expect(flat(statement.Action)).not.toContain("Update");
      if (flat(statement.Resource).includes("LedgerAccounts"))
        expect(flat(statement.Action)).not.toContain("Put");
    }
  }
});

// --- the money ------------------------------------------------------------------------------------------------

test("each table is the one the code expects, on demand, restorable, and outlives the stack", () => {
  const tables = resources("AWS::DynamoDB::GlobalTable");
  expect(tables).toHaveLength(Object.keys(TABLES).length);
  for (const definition of Object.values(TABLES)) {
    const [, table] = tables.find(([id]) => id.startsWith(`Ledger${definition.name}Table`)) ?? [];
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    const {
      BillingMode,
      KeySchema,
      GlobalSecondaryIndexes = [],
      Replicas,
      StreamSpecification,
    } = table?.["Properties"] ?? {};
    expect(BillingMode).toBe("PAY_PER_REQUEST");
    expect(KeySchema.map((key: { AttributeName: string }) => key.AttributeName)).toEqual(
      [definition.partitionKey, "sortKey" in definition ? definition.sortKey : undefined].filter(Boolean),
    );
    expect(GlobalSecondaryIndexes.map((index: { IndexName: string }) => index.IndexName)).toEqual(
      definition.indexes.map((index) => index.name),
    );
    expect(Replicas).toEqual([
      expect.objectContaining({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    ]);
    expect(StreamSpecification).toEqual(
      definition.stream ? { StreamViewType: "NEW_AND_OLD_IMAGES" } : undefined,
    );
  }
});

test.each(["GatewayProviderKeys", "PaymentsKeys"])(
  "the secret %s is made with no key in it, by a rule that never changes, and outlives the stack",
  (name) => {
    const secret = only("AWS::SecretsManager::Secret", new RegExp(`^${name}`));
    expect(secret).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    // A change here makes CloudFormation write a new value over the operator's keys.
    expect(secret["Properties"].GenerateSecretString).toEqual({
      SecretStringTemplate: "{}",
      GenerateStringKey: "generated",
    });
    expect(secret["Properties"].SecretString).toBeUndefined();
  },
);

test("every log expires", () => {
  const groups = resources("AWS::Logs::LogGroup");
  // One for each function, the access log and Firehose's.
  expect(groups).toHaveLength(resources("AWS::Lambda::Function").length + 2);
  for (const [, group] of groups) expect(group["Properties"].RetentionInDays).toBe(90);
});

// --- what comes out -------------------------------------------------------------------------------------------

test("the stack says where clients point their SDKs and where the provider keys go", () => {
  const { BaseUrl, ProviderSecretArn } = synthesized.template.toJSON()["Outputs"];
  expect(flat(BaseUrl.Value)).toMatch(/https:\/\/.*execute-api.*\/v1"/);
  expect(ProviderSecretArn.Value).toEqual({ Ref: resourceNamed(/^GatewayProviderKeys[0-9A-F]{8}$/) });
});

test("the function is modules and the compiled catalog, and holds no provider key, nor does the template", () => {
  const { assetFolder, catalogVersion } = synthesized;
  const files = readdirSync(assetFolder);
  expect(files).toEqual(expect.arrayContaining(["catalog.json", "index.mjs"]));
  expect(files.filter((name) => !/\.mjs$/.test(name))).toEqual(["catalog.json"]);
  const catalog = readFileSync(path.join(assetFolder, "catalog.json"), "utf8");
  expect(JSON.parse(catalog).version).toBe(catalogVersion);
  const bundle = files.map((name) => readFileSync(path.join(assetFolder, name), "utf8")).join("");
  expect(bundle.includes(CANARY)).toBe(false);
  expect(flat(synthesized.template.toJSON()).includes(CANARY)).toBe(false);
});

const elsewhere = mkdtempSync(path.join(tmpdir(), "wlrouter-synth-"));
afterAll(() => rmSync(elsewhere, { recursive: true }));

test(
  "an unchanged tree is an unchanged deployment: template, assets' hashes and all are the same, elsewhere and later",
  async () => {
    await synthesizeAgain(elsewhere);
    const files = readdirSync(synthesized.folder);
    expect(readdirSync(elsewhere)).toEqual(files);
    for (const file of ["WLRouter.template.json", "WLRouter.assets.json"]) {
      const [first, second] = [synthesized.folder, elsewhere].map((folder) =>
        readFileSync(path.join(folder, file)),
      );
      expect(second?.equals(first ?? Buffer.alloc(0)), file).toBe(true);
    }
  },
  SYNTHESIS_LIMIT_MS,
);
