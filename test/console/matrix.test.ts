// Each endpoint that takes an id, asked with another account's ids: always 404, and nothing of the other account in it.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createConsoleApi } from "../../lambda/console/api.ts";
import type { Browser } from "./browser.ts";
import { type ConsoleWorld, openConsoleWorld } from "./console-world.ts";

/** What belongs to one account, by the names that routes give their parameters. */
interface Ids {
  readonly accountId: string;
  readonly keyId: string;
  readonly requestId: string;
  readonly memberId: string;
  readonly inviteId: string;
  readonly reportId: string;
  readonly paymentId: string;
  readonly key: string;
}

let world: ConsoleWorld;
/** An owner of nothing but an account of their own, and a member of it. */
let stranger: Browser;
let operator: Browser;
let victim: Ids;

beforeAll(async () => {
  world = await openConsoleWorld();
  operator = await world.signedIn("local-owner");
  stranger = await world.signedIn("ada");
  victim = await furnished(await world.signedIn("ben"));
});

afterAll(() => world.close());

/** An account with one of everything. */
async function furnished(owner: Browser): Promise<Ids> {
  const session = await owner.call("GET", "session");
  const accountId = (session.json["account"] as { account_id: string }).account_id;
  const created = await owner.call("POST", "keys", { name: "secret-name-of-ben" });
  const { key, secret } = created.json as { key: { key_id: string }; secret: string };
  const answer = await fetch(`${world.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "demo/echo", messages: [{ role: "user", content: "hello" }] }),
  });
  expect(answer.status).toBe(200);
  const { invite } = (await owner.call("POST", "members/invites")).json as { invite: { invite_id: string } };
  const { members } = (await owner.call("GET", "members")).json as { members: { member_id: string }[] };
  const day = new Date().toISOString().slice(0, 10);
  await world.objects.put(`reports/daily/dt=${day}/${accountId}.csv`, new Uint8Array([97]), "text/csv");
  return {
    accountId,
    keyId: key.key_id,
    requestId: answer.headers.get("x-request-id") ?? "",
    memberId: members[0]?.member_id ?? "",
    inviteId: invite.invite_id,
    reportId: `day.${day}.usage.csv`,
    paymentId: "pay_of_ben",
    key: secret,
  };
}

const BODIES: Readonly<Record<string, unknown>> = {
  "PATCH /keys/:keyId": { name: "stolen" },
  "POST /operator/accounts/:accountId/adjustments": {
    adjustment_id: randomUUID(),
    direction: "credit",
    amount: "1000",
    reason: "mine now",
  },
  "PUT /operator/accounts/:accountId/status": { status: "suspended", reason: "no" },
  "POST /operator/accounts/:accountId/receipts/:paymentId/refund": { refund_id: "r1", reason: "no" },
  "POST /operator/suspense/:accountId/:requestId/resolve": { provider_charged: "0", note: "no" },
};

interface Route {
  readonly method: string;
  readonly path: string;
}

/** From the API itself, so that a route that comes is asked too. */
function routesOf(app: { routes: readonly Route[] }): Route[] {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && path.includes("/:"));
  return [...new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }])).values()];
}

function filled(path: string, ids: Ids): string {
  return path.slice(1).replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => {
    const id = Object.entries(ids).find(([known]) => known === name)?.[1];
    if (!id)
      throw new Error(`${path}: no id of another account is known for :${name}; add one to the matrix`);
    return encodeURIComponent(id);
  });
}

function expectNothing(text: string): void {
  for (const secret of ["secret-name-of-ben", "ben@example.com", victim.key])
    expect(text).not.toContain(secret);
}

const CONSOLE_ROUTES = routesOf(createConsoleApi(anyConsole()));

/** Only its routes are looked at. */
function anyConsole(): Parameters<typeof createConsoleApi>[0] {
  const nothing: unknown = {
    settings: { consoleUrl: "http://127.0.0.1/console" },
    catalog: { models: new Map() },
    payments: {},
  };
  return nothing as Parameters<typeof createConsoleApi>[0];
}

test("the matrix has the console's routes that take an id", () => {
  expect(CONSOLE_ROUTES.length).toBeGreaterThanOrEqual(12);
});

test.each(CONSOLE_ROUTES)(
  "console: $method $path with another account's ids is 404",
  async ({ method, path }) => {
    // Nothing of a report's id says whose it is: the stranger has none for that day.
    const { status, text } = await stranger.call(method, filled(path, victim), BODIES[`${method} ${path}`]);
    expect(status).toBe(404);
    expectNothing(text);
  },
);

test("what the stranger tried has changed nothing of the other account", async () => {
  const detail = await operator.call("GET", `operator/accounts/${victim.accountId}`);
  expect(detail.json).toMatchObject({
    status: "active",
    keys: [{ status: "active", name: "secret-name-of-ben" }],
  });
  expect((detail.json["members"] as unknown[]).length).toBe(1);
  expect((await operator.call("GET", "operator/audit")).json).toEqual({ entries: [], next: null });
});

test("the same ids are found by who may see them, so that 404 says something", async () => {
  const owner = await world.signedIn("ben");
  expect((await owner.call("GET", `requests/${victim.requestId}`)).json).toMatchObject({
    outcome: "completed",
  });
  expect((await owner.call("PATCH", `keys/${victim.keyId}`, { name: "new" })).status).toBe(200);
  expect((await owner.call("POST", `reports/${victim.reportId}/link`)).status).toBe(200);
  expect((await owner.call("DELETE", `members/invites/${victim.inviteId}`)).status).toBe(200);
});

const LISTS = [
  "keys",
  "balance/credits",
  "requests",
  "requests?request_id=ID",
  "requests?key_id=KEY",
  "usage?group_by=key",
];

test.each(LISTS)("console: GET %s has nothing of another account", async (path) => {
  const asked = path.replace("ID", victim.requestId).replace("KEY", victim.keyId);
  const { status, text } = await stranger.call("GET", asked);
  expect(status).toBe(200);
  expectNothing(text);
  for (const id of [victim.keyId, victim.accountId, victim.requestId]) expect(text).not.toContain(id);
});

test("the public API: every route that takes an id is 404 with another account's", async () => {
  const { secret } = (await stranger.call("POST", "keys", { name: "ada" })).json as { secret: string };
  const routes = routesOf(world.router.api).filter(({ method }) => method !== "OPTIONS");
  const asked = routes.map(({ path }) => path);
  // A model's id belongs to nobody.
  expect(asked.filter((path) => path !== "/v1/models/:id{.+}")).toEqual(["/v1/requests/:id"]);
  const url = `${world.baseUrl}/requests/${victim.requestId}`;
  const theirs = await fetch(url, { headers: { authorization: `Bearer ${secret}` } });
  expect(theirs.status).toBe(404);
  expectNothing(await theirs.text());
  expect((await fetch(url, { headers: { authorization: `Bearer ${victim.key}` } })).status).toBe(200);
});
