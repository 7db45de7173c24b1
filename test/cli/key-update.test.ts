import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
let accountId: string;
beforeAll(async () => {
  world = await startCliWorld();
  accountId = (await world.json("accounts", "create", "--name", "acme")).account_id;
});
afterAll(() => world.close());

async function newKey(...options: string[]) {
  const { key, ...view } = await world.json("keys", "create", accountId, "--name", "ci", ...options);
  return { ...view, status: "active" };
}

const update = (keyId: string, ...options: string[]) => world.json("keys", "update", keyId, ...options);

test("what is named changes, and nothing else", async () => {
  const before = await newKey("--limit-usd", "5", "--requests-per-minute", "60", "--models", "demo/echo");
  let expected = before;
  for (const [options, change] of [
    [["--name", "laptop"], { name: "laptop" }],
    [["--limit-usd", "7.5"], { spend_limit: { amount: "7.50", period: "total" } }],
    [["--limit-period", "month"], { spend_limit: { amount: "7.50", period: "month" } }],
    [["--limit-usd", "8"], { spend_limit: { amount: "8.00", period: "month" } }],
    [["--tokens-per-minute", "9"], { rate_limit: { requests_per_minute: 60, tokens_per_minute: 9 } }],
    [["--requests-per-minute", "none"], { rate_limit: { requests_per_minute: null, tokens_per_minute: 9 } }],
    [["--models", "gpt-4.1-mini"], { allowed_models: ["gpt-4.1-mini"] }],
    [["--expires", "2999-01-01"], { expires_at: "2999-01-01T00:00:00.000Z" }],
  ] as const) {
    expected = { ...expected, ...change };
    expect(await update(before.key_id, ...options)).toEqual(expected);
  }
  expect(await world.json("keys", "list", accountId)).toContainEqual(expected);
});

test("every limit can be taken away, all at once", async () => {
  const limits = ["--limit-usd", "5", "--limit-period", "month", "--tokens-per-minute", "9"];
  const more = ["--requests-per-minute", "60", "--models", "demo/echo", "--expires", "2999-01-01"];
  const { key_id } = await newKey(...limits, ...more);
  const none = ["--no-limit", "--requests-per-minute", "none", "--tokens-per-minute", "none"];
  expect(await update(key_id, ...none, "--models", "all", "--expires", "never")).toMatchObject({
    spend_limit: null,
    rate_limit: null,
    allowed_models: null,
    expires_at: null,
  });
  const again = await update(key_id, "--limit-usd", "1");
  expect(again.spend_limit).toEqual({ amount: "1.00", period: "total" });
});

test("a revoked key is not changed, and the answer says that it is so for good", async () => {
  const { key_id } = await newKey();
  await world.json("keys", "revoke", key_id);
  const before = await world.allTables();
  const said = await world.cli("keys", "update", key_id, "--name", "y");
  expect(said).toMatchObject({ exitCode: 1, out: "", err: expect.stringMatching(/revoked, for good/) });
  expect(await world.allTables()).toBe(before);
});

test("two updates at once of different things both last", async () => {
  const { key_id } = await newKey();
  await Promise.all([
    update(key_id, "--limit-usd", "5"),
    update(key_id, "--requests-per-minute", "3"),
    update(key_id, "--name", "both"),
  ]);
  const { keyHash } = (await world.stores.keys.find(key_id)) ?? { keyHash: "" };
  expect(await world.stores.keys.update({ keyHash }, { tokensPerMinute: 4 })).toMatchObject({
    name: "both",
    spendLimit: { amountPicoUsd: 5_000_000_000_000n, period: "total" },
    rateLimit: { requestsPerMinute: 3, tokensPerMinute: 4 },
  });
});

test("people are told that a gateway may go by the old for a minute", async () => {
  const { key_id } = await newKey();
  const { out } = await world.cli("keys", "update", key_id, "--requests-per-minute", "2");
  expect(out).toContain("up to 60 s");
  expect(out).toMatch(/A MINUTE[^\n]*\n[^\n]*2 requests/);
});
