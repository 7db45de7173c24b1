import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let router: Router;
let world: CliWorld;
beforeAll(async () => {
  router = await startRouter();
  world = await startCliWorld(router.dynamo);
});
afterAll(async () => {
  await world.close();
  await router.close();
});

async function chat(model: string): Promise<string> {
  const answer = await fetch(`${router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "one two three" }] }),
  });
  await answer.text();
  return answer.headers.get("x-request-id") ?? "";
}

function keepLog(...extra: string[]): void {
  const lines = [...router.lines.map((line) => JSON.stringify(line)), ...extra];
  writeFileSync(path.join(world.folder, "requests.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

async function hold(requestId: string) {
  const answer = await router.ledger.hold({
    accountId: router.accountId,
    requestId,
    requiredPicoUsd: 5_000n,
    hold: {
      amountPicoUsd: 5_000n,
      expiresAtMs: Date.now() + 600_000,
      keyId: router.keyId,
      keyPeriod: "-",
      model: "demo/echo",
      catalogVersion: "00000000",
    },
  });
  if (!answer.held) throw new Error(answer.refusal);
  return answer.open;
}

test("a charged request is shown as the API shows it", async () => {
  const requestId = await chat("demo/echo");
  const shown = await world.json("requests", "show", requestId);
  const headers = { authorization: `Bearer ${router.key}` };
  const answer = await fetch(`${router.baseUrl}/requests/${requestId}`, { headers });
  expect(shown).toEqual(await answer.json());
  expect(shown).toMatchObject({ account_id: router.accountId, output_tokens: 3, cost: "0.0000015" });
});

test("a request that is open is shown with its hold, one in the outbox with its cost", async () => {
  const open = await hold("req_open");
  expect(await world.json("requests", "show", "req_open")).toMatchObject({
    outcome: "open",
    held: "0.000000005",
  });
  await router.ledger.settle(open, 4_000n, {
    requestId: "req_open",
    keyId: router.keyId,
    model: "demo/echo",
    provider: "demo",
    outcome: "completed",
    usage: {
      ...NO_USAGE,
      inputTokens: 1,
      outputTokens: 1,
    },
    estimated: false,
    catalogVersion: "00000000",
    createdAt: "2026-11-23T10:00:00.000Z",
    latencyMs: 5,
  });
  const shown = await world.json("requests", "show", "req_open");
  expect(shown).toMatchObject({ outcome: "completed", cost: "0.000000004" });
  const entries = await world.json("ledger", "list", router.accountId);
  expect(entries).toContainEqual(expect.objectContaining({ entry_id: "req_open", amount: "-0.000000004" }));
});

test("a refused request is found in the log, whatever else stands there", async () => {
  const requestId = await chat("no-such-model");
  keepLog("", "not json", `{"cut short ${requestId}`, JSON.stringify({ alarm: requestId }));
  expect(await world.json("requests", "show", requestId)).toMatchObject({
    request_id: requestId,
    outcome: "refused",
    status: 404,
    code: "model_not_found",
    account_id: router.accountId,
  });
  expect((await world.cli("requests", "show", requestId)).out).toMatch(/^outcome +refused$/m);
});

test("an id that no request has is an error", async () => {
  keepLog();
  const said = await world.cli("requests", "show", "req_unknown");
  expect(said).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining('"req_unknown"') });
});

test("the ledger verifies while requests run", async () => {
  let running = true;
  const load = Promise.all(Array.from({ length: 60 }, () => chat("demo/echo"))).finally(() => {
    running = false;
  });
  const verdicts: unknown[] = [];
  while (running) verdicts.push(await world.json("ledger", "verify"));
  await load;
  expect(verdicts.length).toBeGreaterThan(0);
  for (const verdict of verdicts) expect(verdict).toMatchObject({ accounts: 1, violations: [], skipped: [] });
});
