// The console's API over real HTTP: keys, requests, usage, what operators do, and bad input.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "./browser.ts";
import { type ConsoleWorld, crossingOf, openConsoleWorld, putHolds, putSuspense } from "./console-world.ts";

let world: ConsoleWorld;
let owner: Browser;

beforeAll(async () => {
  world = await openConsoleWorld();
  owner = await world.signedIn("local-owner");
});

afterAll(() => world.close());

const errorOf = ({ json }: { json: Record<string, unknown> }) =>
  json["error"] as { code: string; message: string; param: string | null };

// --- keys, requests, usage ------------------------------------------------------------------------------------

async function chat(secret: string): Promise<Response> {
  return fetch(`${world.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "demo/echo", messages: [{ role: "user", content: "Hello there" }] }),
  });
}

test("A key is made, used, seen in requests and usage, and revoked.", async () => {
  const made = await owner.call("POST", "keys", {
    name: "ci",
    spend_limit: { amount: "5", period: "month" },
    allowed_models: ["demo/echo"],
    expires_at: "2099-01-01T00:00:00Z",
  });
  const { key, secret } = made.json as { key: { key_id: string; last4: string }; secret: string };
  expect([made.status, secret.slice(-4)]).toEqual([201, key.last4]);
  const answer = await chat(secret);
  const requestId = answer.headers.get("x-request-id") ?? "";

  const log = await owner.call("GET", `requests?key_id=${key.key_id}`);
  expect(log.json["requests"]).toMatchObject([
    { request_id: requestId, key_name: "ci", outcome: "completed" },
  ]);
  const detail = (await owner.call("GET", `requests/${requestId}`)).json;
  expect(detail).toMatchObject({
    provider: "demo",
    late: false,
    prices_are_of_request: true,
    error_code: null,
  });
  expect(Number(detail["hold"])).toBeGreaterThanOrEqual(Number(detail["cost"]));
  expect((await owner.call("GET", "requests?outcome=failed")).json).toEqual({ requests: [], next: null });
  expect((await owner.call("GET", "start")).json).toMatchObject({ has_key: true, first_request: {} });

  await world.usage.flush();
  const usage = await owner.call("GET", "usage?group_by=key");
  expect(usage.json).toMatchObject({
    rows: [{ group: key.key_id, requests: 1 }],
    names: { [key.key_id]: "ci" },
  });
  const csv = await owner.call("GET", "usage.csv?group_by=model&grain=hour");
  expect(csv.text.split("\n")[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d,demo\/echo,,1,0,/);
  const listed = (await owner.call("GET", "keys")).json["keys"] as { key_id: string; last_used_at: string }[];
  expect(listed.find(({ key_id }) => key_id === key.key_id)?.last_used_at).toMatch(/^\d{4}/);

  expect((await owner.call("POST", `keys/${key.key_id}/revoke`)).json).toMatchObject({ status: "revoked" });
  expect((await owner.call("POST", `keys/${key.key_id}/revoke`)).status).toBe(200);
  expect((await owner.call("PATCH", `keys/${key.key_id}`, { name: "again" })).status).toBe(409);
  expect((await chat(secret)).status).toBe(401);
});

test("Pages of requests hold each request once, newest first.", async () => {
  const { secret } = (await owner.call("POST", "keys", { name: "pages" })).json as { secret: string };
  for (let index = 0; index < 6; index++) await Promise.all(Array.from({ length: 10 }, () => chat(secret)));
  const seen: string[] = [];
  let path = "requests";
  for (let page = 0; page < 5; page++) {
    const { json } = await owner.call("GET", path);
    seen.push(...(json["requests"] as { request_id: string }[]).map(({ request_id }) => request_id));
    if (json["next"] === null) break;
    path = `requests?cursor=${encodeURIComponent(String(json["next"]))}`;
  }
  expect(seen.length).toBeGreaterThanOrEqual(60);
  expect(new Set(seen).size).toBe(seen.length);
});

// --- what operators do ----------------------------------------------------------------------------------------

test("A credit is given once however often its form is sent, with one audit entry; a debit never overdraws.", async () => {
  const ada = await world.signedIn("ada");
  const { account_id: id } = (await ada.call("GET", "session")).json["account"] as { account_id: string };
  const form = { adjustment_id: randomUUID(), direction: "credit", amount: "7.5", reason: "goodwill" };
  const path = `operator/accounts/${id}/adjustments`;
  const answers = await Promise.all([1, 2, 3].map(() => owner.call("POST", path, form)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await ada.call("GET", "balance")).json).toMatchObject({ available: "10.50" });
  const other = await owner.call("POST", path, { ...form, amount: "8" });
  expect([other.status, errorOf(other).code]).toEqual([409, "conflict"]);

  const debit = { adjustment_id: randomUUID(), direction: "debit", amount: "100", reason: "chargeback" };
  expect((await owner.call("POST", path, debit)).json).toMatchObject({
    entry: { amount: "-10.50", write_off: "89.50" },
    account: { available: "0.00" },
  });
  await owner.call("PUT", `operator/accounts/${id}/status`, { status: "suspended", reason: "abuse" });
  const paying = await ada.call("POST", "payments/checkout", { amount: "10", checkout_id: randomUUID() });
  expect([paying.status, errorOf(paying).message]).toEqual([403, expect.stringContaining("suspended")]);
  // What the debit was told of is behind us: from here on only resuming may forget it.
  await world.usage.flush();
  expect(await crossingOf(world, id, { isLow: true })).toBeDefined();
  await owner.call("PUT", `operator/accounts/${id}/status`, { status: "active", reason: "settled" });
  expect(await crossingOf(world, id)).toBeUndefined();
  const audit = (await owner.call("GET", "operator/audit")).json["entries"] as {
    action: string;
    account_id: string;
  }[];
  expect(audit.filter(({ account_id }) => account_id === id).map(({ action }) => action)).toEqual([
    "account.activate",
    "account.suspend",
    "account.debit",
    "account.credit",
  ]);
});

test("Two forms with one id and two amounts, sent at once: one is given, the other told of it.", async () => {
  const dora = await world.signedIn("dora");
  const { account_id: id } = (await dora.call("GET", "session")).json["account"] as { account_id: string };
  const path = `operator/accounts/${id}/adjustments`;
  for (let turn = 0; turn < 5; turn++) {
    const form = { adjustment_id: randomUUID(), direction: "credit", reason: "goodwill" };
    const answers = await Promise.all(
      ["1", "2"].map((amount) => owner.call("POST", path, { ...form, amount })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused && errorOf(refused)).toMatchObject({ code: "conflict" });
    expect(refused && errorOf(refused).message).toMatch(/was used for [12]\.00 USD\. Open the form again\.$/);
  }
});

test("A hold that was edited by hand does not hide those that are overdue.", async () => {
  const eve = await world.signedIn("eve");
  const { account_id: id } = (await eve.call("GET", "session")).json["account"] as { account_id: string };
  const nowMs = Date.now();
  const overdue = ["1", nowMs - 1, "key_1", "-", "demo/echo", "00000000", "a"].join("|");
  await putHolds(world, id, { req_broken: "not a hold", req_overdue: overdue });
  const { status, json } = await owner.call("GET", "operator/expired-holds");
  expect(status).toBe(200);
  expect(json["holds"]).toContainEqual(
    expect.objectContaining({ account_id: id, request_id: "req_overdue", is_open: true }),
  );
  await putHolds(world, id, {});
});

test("A refund that was refused and is asked for again with another amount is in the audit log with both.", async () => {
  const ben = await world.signedIn("ben");
  const { account_id: id } = (await ben.call("GET", "session")).json["account"] as { account_id: string };
  // Credited here and unknown to the payment provider: it refuses whatever is asked of it.
  await world.router.ledger.credit({
    ...{ accountId: id, creditId: "topup_pi_unknown1", type: "topup", amountPicoUsd: 10_000_000_000_000n },
    createdAt: new Date().toISOString(),
  });
  const form = { refund_id: randomUUID(), reason: "unused" };
  const path = `operator/accounts/${id}/receipts/pi_unknown1/refund`;
  for (const amount of ["500", "500", "5"]) {
    expect((await owner.call("POST", path, { ...form, amount })).status).toBe(404);
  }
  const audit = (await owner.call("GET", "operator/audit")).json["entries"] as {
    account_id: string;
    details: { amount: string };
  }[];
  expect(audit.filter(({ account_id }) => account_id === id).map(({ details }) => details.amount)).toEqual([
    "5.00",
    "500.00",
  ]);
});

test("An operator sees revenue, providers and dead letters; suspense is resolved once.", async () => {
  await world.usage.flush();
  const revenue = (await owner.call("GET", "operator/revenue")).json;
  expect(Number((revenue["total"] as { requests: number }).requests)).toBeGreaterThan(0);
  const { providers } = (await owner.call("GET", "operator/providers")).json as { providers: object[] };
  expect(providers).toContainEqual(expect.objectContaining({ provider: "demo", state: "ok", has_key: true }));
  expect(providers).toContainEqual(expect.objectContaining({ provider: "nowhere", state: "no_key" }));

  const { account_id: accountId } = (await owner.call("GET", "session")).json["account"] as {
    account_id: string;
  };
  const requestId = await putSuspense(world, accountId);
  const listed = await owner.call("GET", "operator/suspense");
  expect(listed.json["entries"]).toMatchObject([{ request_id: requestId, amount: "0.01", resolution: null }]);
  const path = `operator/suspense/${accountId}/${requestId}/resolve`;
  const form = { provider_charged: "0.004", note: "on the bill" };
  expect((await owner.call("POST", path, form)).json).toMatchObject({
    resolution: { provider_charged: "0.004" },
  });
  expect((await owner.call("POST", path, form)).status).toBe(200);
  expect((await owner.call("POST", path, { ...form, provider_charged: "0" })).status).toBe(409);
});

// --- bad input ------------------------------------------------------------------------------------------------

const BAD: readonly [string, string, unknown, string][] = [
  ["POST", "keys", {}, "name"],
  ["POST", "keys", { name: " " }, "name"],
  ["POST", "keys", { name: "x".repeat(65) }, "name"],
  ["POST", "keys", { name: "a\nb" }, "name"],
  ["POST", "keys", { name: "a", limit: 1 }, "limit"],
  ["POST", "keys", { name: "a", allowed_models: [] }, "allowed_models"],
  ["POST", "keys", { name: "a", allowed_models: ["no/such"] }, "allowed_models"],
  ["POST", "keys", { name: "a", expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
  ["POST", "keys", { name: "a", expires_at: "tomorrow" }, "expires_at"],
  ["POST", "keys", { name: "a", spend_limit: { amount: "0", period: "month" } }, "spend_limit.amount"],
  ["POST", "keys", { name: "a", spend_limit: { amount: 5, period: "month" } }, "spend_limit.amount"],
  ["POST", "keys", { name: "a", spend_limit: { amount: "1e3", period: "month" } }, "spend_limit.amount"],
  ["POST", "keys", { name: "a", spend_limit: { amount: "-1", period: "week" } }, "spend_limit.amount"],
  ["PUT", "balance/threshold", { threshold: "-1" }, "threshold"],
  ["GET", "usage?from=2026-02-30", undefined, "from"],
  ["GET", "usage?from=2026-03-02&to=2026-03-01", undefined, "from"],
  ["GET", "usage?from=2026-01-01&to=2026-03-01&grain=hour", undefined, "from"],
  ["GET", "usage?grain=week", undefined, "grain"],
  ["GET", "requests?outcome=lost", undefined, "outcome"],
  ["GET", "requests?cursor=made-up", undefined, "cursor"],
  ["POST", "payments/checkout", { amount: "10" }, "checkout_id"],
];

test.each(BAD)("%s %s %j is refused, naming %s", async (method, path, body, param) => {
  const answer = await owner.call(method, path, body);
  expect([answer.status, errorOf(answer).code, errorOf(answer).param]).toEqual([
    400,
    "invalid_request",
    param,
  ]);
  expect(errorOf(answer).message).toMatch(/\.$/);
});

test.each(["9.99", "10.001", "1000.01"])(
  "a top-up of %s USD is refused before anything is paid",
  async (amount) => {
    const answer = await owner.call("POST", "payments/checkout", { amount, checkout_id: randomUUID() });
    expect([answer.status, errorOf(answer).code]).toEqual([400, "invalid_amount"]);
  },
);

test("What is no JSON, too large, or nowhere is answered plainly; nothing so far was a bug.", async () => {
  const headers = {
    origin: world.origin,
    "x-csrf-token": owner.csrfToken,
    "content-type": "application/json",
  };
  const broken = await owner.fetch(`${world.consoleUrl}api/keys`, { method: "POST", headers, body: "{" });
  expect(broken.status).toBe(400);
  const large = { name: "x".repeat(70_000) };
  expect((await owner.call("POST", "keys", large)).status).toBe(413);
  expect((await owner.call("GET", "no/such/place")).status).toBe(404);
  expect((await fetch(`${world.consoleUrl}../console`, { redirect: "manual" })).headers.get("location")).toBe(
    world.consoleUrl,
  );
  expect((await fetch(`${world.consoleUrl}..%2f..%2fpackage.json`)).status).toBe(404);
  expect(world.problems).toEqual([]);
});
