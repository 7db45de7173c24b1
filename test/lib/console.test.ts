import { beforeAll, expect, test } from "vitest";
import { type Synthesized, synthesize } from "./synthesized.ts";
import { flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;

beforeAll(async () => {
  synthesized = await synthesize({ bundle: false });
});

const { resources, only, arn, rightsOf } = viewOf(() => synthesized.template);

test("/console and all below it are the console's, streamed; /v1 stays the gateway's", () => {
  const methods = resources("AWS::ApiGateway::Method").filter(([id]) => id.startsWith("GatewayApiconsole"));
  expect(methods).toHaveLength(2);
  for (const [, { Properties: method }] of methods) {
    expect(method).toMatchObject({ HttpMethod: "ANY", Integration: { ResponseTransferMode: "STREAM" } });
    expect(flat(method.Integration.Uri)).toContain("ConsoleFunction");
  }
});

test("addresses are built from the API's id and the stage's name, without a circle through the deployment", () => {
  const { Environment } = only("AWS::Lambda::Function", /^ConsoleFunction/)["Properties"];
  const client = only("AWS::Cognito::UserPoolClient")["Properties"];
  for (const address of [Environment.Variables.PUBLIC_URL, client.CallbackURLs[0], client.LogoutURLs[0]]) {
    expect(flat(address)).toMatch(/"Ref":"GatewayApi[0-9A-F]{8}".*\/prod/);
    expect(flat(address)).not.toMatch(/Stage|Deployment/);
  }
  expect(flat(client.CallbackURLs[0])).toContain("/prod/console/api/session/callback");
});

test("people sign in with a code alone, at managed login pages that have a style, as a client without a secret", () => {
  expect(only("AWS::Cognito::UserPoolClient")["Properties"]).toMatchObject({
    AllowedOAuthFlows: ["code"],
    AllowedOAuthScopes: ["openid", "email", "profile"],
    GenerateSecret: false,
    PreventUserExistenceErrors: "ENABLED",
  });
  expect(only("AWS::Cognito::UserPoolDomain")["Properties"].ManagedLoginVersion).toBe(2);
  expect(only("AWS::Cognito::ManagedLoginBranding")["Properties"].UseCognitoProvidedValues).toBe(true);
  expect(only("AWS::Cognito::UserPoolGroup")["Properties"].GroupName).toBe("operators");
});

test("the user pool outlives the stack, and nobody signs up by themselves unless configured", () => {
  const pool = only("AWS::Cognito::UserPool");
  expect(pool).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  expect(pool["Properties"]).toMatchObject({
    DeletionProtection: "ACTIVE",
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  });
});

test("the session key is made by CloudFormation, by a rule that never changes, and is in no environment", () => {
  const secret = only("AWS::SecretsManager::Secret", /^ConsoleSecret/)["Properties"];
  // A change here makes CloudFormation write a new value: every session ends, and a client secret in it is lost.
  expect(secret.GenerateSecretString).toEqual({
    SecretStringTemplate: "{}",
    GenerateStringKey: "SESSION_KEY",
    PasswordLength: 64,
    ExcludePunctuation: true,
  });
  const { Variables } = only("AWS::Lambda::Function", /^ConsoleFunction/)["Properties"].Environment;
  expect(flat(Variables)).not.toContain("SESSION_KEY");
});

test("the console may not delete anything, change an entry, or read a provider's key", () => {
  const rights = rightsOf("ConsoleFunction") as { Action: string | string[]; Resource: unknown }[];
  const actions = rights.flatMap(({ Action }) => Action);
  expect(actions.filter((action) => /Delete|Batch|\*/.test(action))).toEqual([]);
  const ledger = flat(arn("LedgerLedgerTable"));
  const onLedger = rights.filter(({ Resource }) => [Resource].flat().some((one) => flat(one) === ledger));
  expect(onLedger.map(({ Action }) => Action)).toEqual([
    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
  ]);
  expect(flat(rights)).not.toContain("ProviderKeys");
  // The one action that knows no resource.
  const everywhere = rights.filter(({ Resource }) => flat(Resource) === '"*"');
  expect(everywhere.map(({ Action }) => Action)).toEqual(["logs:GetQueryResults"]);
});

test("every queue of dead letters is counted", () => {
  const queues = resources("AWS::SQS::Queue").filter(([id]) => /DeadLetters|Unpublished/.test(id));
  const { Variables } = only("AWS::Lambda::Function", /^ConsoleFunction/)["Properties"].Environment;
  expect(queues.length).toBeGreaterThan(3);
  for (const [id] of queues) expect(flat(Variables.DEAD_LETTER_QUEUES)).toContain(id);
});
