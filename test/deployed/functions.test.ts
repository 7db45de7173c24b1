/**
 * Every function of the stack as it is deployed: its bundle, with the environment of its template, in a process of its own,
 * woken by events of AWS's form. What each calls of AWS is written down, and then held against its role.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { lakeFile, lakeRow } from "../../lambda/adapters/s3/lake.ts";
import { eventOf } from "../../lambda/core/events.ts";
import { encodeOwedSettle } from "../../lambda/core/owed-settle.ts";
import type { OpenHold } from "../../lambda/core/ports.ts";
import { factsOf, take } from "../adapters/dynamodb/ledger-world.ts";
import { proxyEvent } from "../adapters/lambda/events.ts";
import type { Browser } from "../console/browser.ts";
import { webhookRequest } from "../fakes/stripe-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "../gateway/completions.ts";
import { SYNTHESIS_LIMIT_MS } from "../lib/synthesized.ts";
import { apiEvent, envelope, queueEvent, streamEvent } from "./events.ts";
import { unexplained } from "./unused-rights.ts";
import { type DeployedWorld, openDeployedWorld } from "./world.ts";

const DAY_MS = 86_400_000;
const YESTERDAY = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);

let world: DeployedWorld;
let owner: Browser;
let accountId: string;
/** The secret of a key of that account. */
let key: string;

beforeAll(async () => {
  world = await openDeployedWorld();
}, SYNTHESIS_LIMIT_MS);
afterAll(() => world.close());

const availableUsd = async () => (await owner.call("GET", "balance")).json["available"];

test("the console: a first sign-in makes an account, whose owner makes a key and a top-up", async () => {
  owner = await world.signedIn("local-owner");
  const session = (await owner.call("GET", "session")).json;
  accountId = Object(session["account"]).account_id;
  expect(session).toMatchObject({ role: "owner", is_operator: true });
  const made = await owner.call("POST", "keys", { name: "ci" });
  expect(made.status).toBe(201);
  key = String(made.json["secret"]);
  const { key_id: keyId } = Object(made.json["key"]);
  expect((await owner.call("PATCH", `keys/${keyId}`, { name: "build" })).status).toBe(200);
  expect((await owner.call("PUT", "balance/threshold", { threshold: "12.99" })).status).toBe(200);
  const form = { amount: "10", save_payment_method: true, checkout_id: "form-1" };
  const { url } = (await owner.call("POST", "payments/checkout", form)).json;
  expect(world.stripe.books.pay(String(url).split("/").at(-1) ?? "", "card")).toBeDefined();
});

test("the webhook: a body in base64 is credited by its signature over the bytes, and refused without", async () => {
  const webhook = await world.start("PaymentsWebhook", ["payments.json"]);
  const before = await availableUsd();
  for (const event of world.stripe.takeEvents()) {
    for (const signature of ["t=1,v1=00", undefined]) {
      const request = webhookRequest(event, signature === undefined ? {} : { signature });
      const headers = Object.fromEntries(request.headers);
      const answer = await webhook.invoke(
        proxyEvent({
          resource: "/webhooks/stripe",
          path: "/webhooks/stripe",
          pathParameters: null,
          headers,
          multiValueHeaders: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name, [value]]),
          ),
          body: Buffer.from(await request.arrayBuffer()).toString("base64"),
          isBase64Encoded: true,
        }),
      );
      expect(answer.statusCode).toBe(signature === undefined ? 200 : 400);
    }
  }
  expect([before, await availableUsd()]).toEqual(["0.00", "10.00"]);
  const auto = { enabled: true, amount: "20", maximum_per_day: 2 };
  expect((await owner.call("PUT", "payments/auto-top-up", auto)).json).toMatchObject({ enabled: true });
});

test("the gateway: an answer is charged, whole and streamed; what DynamoDB does not take goes to the queue", async () => {
  const gateway = await world.start("GatewayFunction", ["catalog.json"], { streams: true });
  const ask = async (fields: object = {}) =>
    gateway.invoke(apiEvent(key, "POST", "/v1/chat/completions", chat({ ...fields })));
  world.provider.next(
    completion("Hi", usage(10, 2)),
    streamed([chunk("Hi"), usageChunk(usage(10, 2)), "[DONE]"]),
  );
  const whole = await ask();
  expect(whole.prelude.statusCode, whole.body).toBe(200);
  expect(JSON.parse(whole.body).usage.cost).toBe("0.0000072");
  expect((await ask({ stream: true })).body).toContain("[DONE]");
  expect(world.provider.calls[0]?.headers.authorization).toBe("Bearer sk-of-p1");

  world.aws.fails = (operation, body) => (isSettle(operation, body) ? "undone" : undefined);
  world.provider.next(completion("Hi", usage(10, 2)));
  const queued = await ask();
  world.aws.fails = () => undefined;
  expect(queued.prelude.statusCode, queued.body).toBe(200);
  expect(world.aws.messages).toHaveLength(1);

  for (const path of [
    "/v1/models",
    "/v1/balance",
    "/v1/key",
    "/v1/usage",
    `/v1/requests/${whole.prelude.headers["x-request-id"]}`,
  ]) {
    const { prelude, body } = await gateway.invoke(apiEvent(key, "GET", path));
    expect(prelude.statusCode, `${path}: ${body}`).toBe(200);
  }
  expect(gateway.printed()).not.toContain("sk-of-p1");
});

test("the queue's function writes that charge, once", async () => {
  const settle = await world.start("LedgerOwedSettlesSettle");
  const [body = ""] = world.aws.messages.splice(0);
  for (const _ of [1, 2]) expect(await settle.invoke(queueEvent(body))).toEqual({ batchItemFailures: [] });
  expect(await availableUsd()).toBe("9.9999784");
});

function isSettle(operation: string, body: string): boolean {
  return operation === "UpdateItem" && body.includes("#outbox.#request = :record");
}

/** As a request of an hour ago left it. */
function hold({ expiresAtMs = Date.now() + 10 * 60_000 } = {}): Promise<OpenHold> {
  world.ledgerWorld.clock.nowMs = Date.now() - 3_600_000;
  return take(world.ledgerWorld, accountId, 10n, { expiresAtMs });
}

test("the sweeper ends an expired hold and drains what lingers", async () => {
  await hold({ expiresAtMs: Date.now() - 1 });
  const open = await hold();
  const facts = { ...factsOf(open), createdAt: `${YESTERDAY}T10:00:00.000Z` };
  await world.ledgerWorld.ledger.settle(open, 10n, facts);
  const sweeper = await world.start("LedgerSweeper");
  // The first answer to its settle is lost: the next try finds what it did.
  let lost = false;
  world.aws.fails = (operation, body) => {
    if (lost || !isSettle(operation, body)) return undefined;
    lost = true;
    return "done";
  };
  expect(await sweeper.invoke({})).toMatchObject({ expired: 1, failed: 0, complete: true });
  world.aws.fails = () => undefined;
});

test("the publisher puts each entry on the bus, and the rollups count them", async () => {
  const publisher = await world.start("UsagePublisher");
  const items = await world.entryItems();
  expect(await publisher.invoke(streamEvent(items))).toEqual({ batchItemFailures: [] });
  expect(world.aws.events).toHaveLength(items.length);
  const rollup = await world.start("UsageRollup");
  const settled = world.aws.events.filter(({ DetailType }) => DetailType === "usage.settled");
  for (const _ of [1, 2]) {
    expect(await rollup.invoke(queueEvent(...settled.map(envelope)))).toEqual({ batchItemFailures: [] });
  }
  const { rows } = (await owner.call("GET", "usage?group_by=model")).json;
  expect(JSON.stringify(rows)).toContain("test/model");
});

test("a low balance is told of, and filled up with the saved card", async () => {
  const lowBalance = await world.start("UsageLowBalance");
  const moved = world.aws.events.splice(0);
  expect(await lowBalance.invoke(queueEvent(...moved.map(envelope)))).toEqual({ batchItemFailures: [] });
  const low = world.aws.events.splice(0);
  expect(low.map(({ DetailType }) => DetailType)).toEqual(["balance.low"]);
  const autoTopUp = await world.start("PaymentsAutoTopUp", ["payments.json"]);
  for (const _ of [1, 2]) {
    expect(await autoTopUp.invoke(queueEvent(...low.map(envelope)))).toEqual({ batchItemFailures: [] });
  }
  expect(await availableUsd()).toBe("29.99997839999");
  // The balance is back above its threshold: the crossing is forgotten.
  await lowBalance.invoke(queueEvent(...moved.map(envelope)));
});

test("the comparison with Stripe finds each payment credited, and credits one whose events never came", async () => {
  const reconcile = await world.start("PaymentsReconcile", ["payments.json"]);
  const form = { amount: "15", save_payment_method: false, checkout_id: "form-2" };
  const { url } = (await owner.call("POST", "payments/checkout", form)).json;
  await reconcile.invoke({});
  expect(reconcile.printed()).toMatch(
    /"event":"payments_compared",.*"payments":2,"credits":2,"differences":\[\],"failed":0/,
  );
  world.stripe.books.pay(String(url).split("/").at(-1) ?? "", "card");
  world.stripe.takeEvents();
  await reconcile.invoke({});
  expect(reconcile.printed()).toContain('"payments":3,"credits":3,');
  expect(await availableUsd()).toBe("44.99997839999");
});

test("the reports of yesterday are written, and the console hands out a link", async () => {
  const reports = await world.start("ReportsFunction");
  await reports.invoke({});
  expect(reports.printed()).toContain('"failed":0');
  const listed = (await owner.call("GET", "reports")).json;
  const [{ report_id: id } = { report_id: "none" }] = Object(listed)["reports"] as { report_id: string }[];
  const { url } = (await owner.call("POST", `reports/${id}/link`)).json;
  const file = await fetch(String(url));
  expect([file.status, (await file.text()).length > 50]).toEqual([200, true]);
});

test("the audit compares everything, and puts a charge that only the log knows into the queue", async () => {
  const open = await hold();
  const owed = encodeOwedSettle({ open, costPicoUsd: 4n, facts: factsOf(open) });
  world.aws.logLines.push(JSON.stringify({ requestId: open.requestId, owedSettle: owed }));
  const rows = [];
  for await (const entry of world.ledgerWorld.accounts.entries(accountId)) {
    const event = eventOf(entry);
    if (event.type === "usage.settled" && entry.createdAt.startsWith(YESTERDAY))
      rows.push(lakeRow(event.detail));
  }
  expect(rows).toHaveLength(1);
  await world.objects.put(
    `usage/dt=${YESTERDAY}/hour=10/a.parquet`,
    lakeFile(rows),
    "application/octet-stream",
  );
  const audit = await world.start("AuditFunction");
  expect(await audit.invoke({})).toMatchObject({ accounts: 1, charges: 1, differences: 1, complete: true });
  expect(audit.printed()).toContain('"kind":"lost_settle"');
  expect(world.aws.messages.splice(0)).toEqual([owed]);
});

test("the console shows all of it, to people and to operators", async () => {
  const paths = [
    ...["start", "keys", "balance", "balance/credits", "members", "payments/terms", "payments/receipts"],
    ...["payments/auto-top-up", "usage", "usage.csv", "requests", "models", "reports"],
    ...["operator/accounts", `operator/accounts/${accountId}`, `operator/accounts/${accountId}/receipts`],
    ...["operator/revenue", "operator/expired-holds", "operator/suspense", "operator/audit"],
  ];
  for (const path of paths) {
    const answer = await owner.call("GET", path);
    expect([path, answer.status, answer.text]).toEqual([path, 200, expect.any(String)]);
  }
  const { providers } = (await owner.call("GET", "operator/providers")).json;
  expect(providers).toMatchObject([{ provider: "p1", requests: 3 }]);
  expect(JSON.stringify((await owner.call("GET", "operator/dead-letters")).json)).toContain(
    '"name":"Usage/LakeDeadLetters","messages":2',
  );
  const requests = Object((await owner.call("GET", "requests")).json)["requests"] as { request_id: string }[];
  expect((await owner.call("GET", `requests/${requests[0]?.request_id}`)).status).toBe(200);
});

test("the console: people come and go, an operator gives credit and suspends, a key is revoked", async () => {
  const { invite, url } = Object((await owner.call("POST", "members/invites")).json);
  expect([invite, url]).toEqual([expect.anything(), expect.stringContaining("invite=")]);
  const code = /invite=([^&#]+)/.exec(url)?.[1] ?? "";
  const guest = await world.signedIn("ada", `?invite=${code}`);
  expect((await guest.call("GET", "session")).json).toMatchObject({ role: "member" });
  const { members } = Object((await owner.call("GET", "members")).json);
  const { member_id: memberId } = members.find(({ role }: { role: string }) => role === "member");
  expect((await owner.call("DELETE", `members/${memberId}`)).status).toBeLessThan(300);
  const { invite: second } = Object((await owner.call("POST", "members/invites")).json);
  expect((await owner.call("DELETE", `members/invites/${second.invite_id}`)).status).toBeLessThan(300);

  const credit = { adjustment_id: "a1", direction: "credit", amount: "1", reason: "goodwill" };
  const place = `operator/accounts/${accountId}`;
  expect((await owner.call("POST", `${place}/adjustments`, credit)).status).toBe(200);
  for (const status of ["suspended", "active"]) {
    expect((await owner.call("PUT", `${place}/status`, { status, reason: "a test" })).status).toBe(200);
  }
  const open = await hold();
  const facts = { ...factsOf(open, "suspense"), possibleCostPicoUsd: 10n };
  const { entry } = await world.ledgerWorld.ledger.settle(open, 0n, facts);
  if (entry) await world.ledgerWorld.ledger.drain(entry);
  const suspense = `operator/suspense/${accountId}/${open.requestId}/resolve`;
  const resolution = { provider_charged: "0", note: "not on the bill" };
  expect((await owner.call("POST", suspense, resolution)).status).toBe(200);
  const { keys } = Object((await owner.call("GET", "keys")).json);
  expect((await owner.call("POST", `keys/${keys[0].key_id}/revoke`)).status).toBe(200);
});

test("every call that was made is one that the function's role allows", async () => {
  const denied = new Set<string>();
  const seen = new Set<string>();
  for (const [id, { role, calls }] of world.started) {
    for (const { action, resource } of calls) {
      const name = `${id}: ${action} on ${resource}`;
      if (seen.has(name)) continue;
      seen.add(name);
      if (!(await world.rights.may(role, action, resource))) denied.add(name);
    }
  }
  expect([...denied]).toEqual([]);
  expect(seen.size).toBeGreaterThan(80);
});

test("every function of the template ran", () => {
  const ran = [...world.started.values()].map(({ functionId }) => functionId);
  expect(ran.sort()).toEqual(
    Object.keys(world.synthesized.template.findResources("AWS::Lambda::Function")).sort(),
  );
});

test("every right of a role was used, or the list of unused rights says why it is given", () => {
  const used = new Map([...world.started.values()].map(({ role, calls }) => [role, calls]));
  expect(unexplained(world.rights, used)).toEqual({ rights: [], reasons: [] });
});
