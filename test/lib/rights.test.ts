import { beforeAll, expect, test } from "vitest";
import { type Rights, rightsIn } from "./rights.ts";
import { SYNTHESIS_LIMIT_MS, synthesize } from "./synthesized.ts";

let rights: Rights;
beforeAll(async () => {
  rights = rightsIn((await synthesize()).template);
}, SYNTHESIS_LIMIT_MS);

const roleOf = (name: string) => rights.roles.find((role) => role.startsWith(name)) ?? `no role ${name}`;

test("every right that is given is one that IAM grants on that resource: none is misspelt or on the wrong thing", async () => {
  const useless: string[] = [];
  let tried = 0;
  for (const role of rights.roles) {
    for (const { action, resource } of rights.grantedTo(role)) {
      tried += 1;
      const sample = sampleOf(action, resource);
      const works = await rights.may(role, action, sample).catch((error: unknown) => String(error));
      if (works !== true) useless.push(`${role}: ${action} on ${resource}: ${works}`);
    }
  }
  expect(useless).toEqual([]);
  expect(tried).toBeGreaterThan(60);
});

/** One of the things that a resource with a star stands for. */
function sampleOf(action: string, resource: string): string {
  // An action without resources is asked for on all of them.
  if (resource === "*") return resource;
  const isOfStream = action === "logs:CreateLogStream" || action === "logs:PutLogEvents";
  return (
    resource
      // A model of Bedrock belongs to no account.
      .replace(":*:*:foundation-model", ":eu-central-1::foundation-model")
      .replace(":*:*:", ":eu-central-1:123456789012:")
      .replace(/:\*$/, isOfStream ? ":log-stream:some-name" : ":*")
      .replaceAll(/\/\*/g, "/some-name")
  );
}

const CHANGES = [
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:PartiQLUpdate",
  "dynamodb:PartiQLDelete",
];

test("nobody may change or remove an entry of the ledger, or remove a balance", async () => {
  for (const role of rights.roles) {
    for (const action of CHANGES)
      expect(await rights.may(role, action, rights.arnOf("LedgerLedgerTable")), `${role} ${action}`).toBe(
        false,
      );
    for (const action of [
      "dynamodb:DeleteItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteTable",
      "dynamodb:UpdateTable",
    ]) {
      expect(await rights.may(role, action, rights.arnOf("LedgerAccountsTable")), `${role} ${action}`).toBe(
        false,
      );
    }
  }
});

test("the gateway may take from a balance and put entries, and may not replace a balance or write a key", async () => {
  const gateway = roleOf("GatewayFunctionRole");
  const [accounts, ledger, keys] = ["LedgerAccountsTable", "LedgerLedgerTable", "LedgerApiKeysTable"].map(
    rights.arnOf,
  );
  const may = (action: string, resource = "") => rights.may(gateway, action, resource);
  expect(await may("dynamodb:UpdateItem", accounts)).toBe(true);
  expect(await may("dynamodb:PutItem", ledger)).toBe(true);
  for (const action of ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Scan"]) {
    expect(await may(action, accounts), action).toBe(false);
  }
  for (const action of ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Scan"]) {
    expect(await may(action, keys), action).toBe(false);
  }
});

test.each([
  ["the providers' keys", "GatewayProviderKeys", ["GatewayFunctionRole"]],
  [
    "Stripe's keys",
    "PaymentsKeys",
    // The console makes checkouts and refunds.
    ["ConsoleFunctionRole", "PaymentsAutoTopUpRole", "PaymentsReconcileRole", "PaymentsWebhookRole"],
  ],
  ["the key of sessions", "ConsoleSecret", ["ConsoleFunctionRole"]],
])("%s are read by who needs them alone, and written by nobody", async (_, id, expected) => {
  const secret = rights.arnOf(id);
  const readers: string[] = [];
  for (const role of rights.roles) {
    if (await rights.may(role, "secretsmanager:GetSecretValue", secret)) readers.push(role);
    expect(await rights.may(role, "secretsmanager:PutSecretValue", secret), role).toBe(false);
  }
  expect(readers.sort()).toEqual(expected.map(roleOf).sort());
});

test("nobody puts a balance whole, and entries are put only by who settles, credits or drains", async () => {
  const putters: string[] = [];
  for (const role of rights.roles) {
    expect(await rights.may(role, "dynamodb:PutItem", rights.arnOf("LedgerAccountsTable")), role).toBe(false);
    if (await rights.may(role, "dynamodb:PutItem", rights.arnOf("LedgerLedgerTable"))) putters.push(role);
  }
  const expected = [
    ...["GatewayFunctionRole", "LedgerSweeperRole", "LedgerOwedSettlesSettleRole", "ConsoleFunctionRole"],
    ...["PaymentsAutoTopUpRole", "PaymentsReconcileRole", "PaymentsWebhookRole"],
  ];
  expect(putters.sort()).toEqual(expected.map(roleOf).sort());
});

test("the console reads no log but what it asks of the gateway's, and takes nothing from a queue", async () => {
  const role = roleOf("ConsoleFunctionRole");
  for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:SendMessage"]) {
    expect(await rights.may(role, action, rights.arnOf("UsageLakeDeadLetters")), action).toBe(false);
  }
  for (const log of ["ConsoleFunctionLog", "PaymentsWebhookLog"]) {
    expect(await rights.may(role, "logs:StartQuery", rights.arnOf(log)), log).toBe(false);
  }
  expect(await rights.may(role, "logs:StartQuery", rights.arnOf("GatewayFunctionLog"))).toBe(true);
});

test("no role may give itself or others rights, or pass a role on", async () => {
  for (const role of rights.roles) {
    for (const action of ["iam:PassRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"]) {
      expect(await rights.may(role, action, `arn:aws:iam::123456789012:role/${role}`), role).toBe(false);
    }
  }
});
