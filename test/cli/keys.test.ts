import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isWellFormedKey } from "../../lambda/core/keys.ts";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
let accountId: string;
beforeAll(async () => {
  world = await startCliWorld();
  accountId = (await world.json("accounts", "create", "--name", "acme")).account_id;
});
afterAll(() => world.close());

test("a new key has the documented shape, and only its hash is stored", async () => {
  const key = await world.json("keys", "create", accountId, "--name", "ci");
  expect(key).toEqual({
    key_id: expect.stringMatching(/^key_[0-9A-Za-z]{14}$/),
    key: expect.any(String),
    name: "ci",
    account_id: accountId,
    last4: key.key.slice(-4),
    expires_at: null,
    spend_limit: null,
    rate_limit: null,
    allowed_models: null,
  });
  expect(isWellFormedKey(key.key)).toBe(true);
  const tables = await world.allTables();
  expect(tables).not.toContain(key.key);
  expect(tables).toContain(createHash("sha256").update(key.key).digest("hex"));
});

test("limits, models and expiry are stored as they were said", async () => {
  const options = ["--limit-usd", "5", "--models", "gpt-4.1-mini,demo/echo", "--expires", "2999-01-01"];
  const key = await world.json("keys", "create", accountId, "--name", "ci", ...options);
  expect(key.spend_limit).toEqual({ amount: "5.00", period: "total" });
  expect(key.expires_at).toBe("2999-01-01T00:00:00.000Z");
  const stored = await world.stores.keys.find(key.key_id);
  expect(stored).toMatchObject({ spendLimit: { amountPicoUsd: 5_000_000_000_000n, period: "total" } });
  expect(stored?.allowedModels?.toSorted()).toEqual(["demo/echo", "gpt-4.1-mini"]);
});

test("a limit can be for a calendar month", async () => {
  const limit = ["--limit-usd", "0.5", "--limit-period", "month"];
  const key = await world.json("keys", "create", accountId, "--name", "ci", ...limit);
  expect(key.spend_limit).toEqual({ amount: "0.50", period: "month" });
});

test("requests and tokens per minute are stored, together or alone, and listed", async () => {
  const both = ["--requests-per-minute", "60", "--tokens-per-minute", "100000"];
  const key = await world.json("keys", "create", accountId, "--name", "ci", ...both);
  expect(key.rate_limit).toEqual({ requests_per_minute: 60, tokens_per_minute: 100_000 });
  const one = await world.json("keys", "create", accountId, "--name", "ci", "--requests-per-minute", "1");
  expect(one.rate_limit).toEqual({ requests_per_minute: 1, tokens_per_minute: null });
  const { rateLimit } = (await world.stores.keys.find(one.key_id)) ?? {};
  expect(rateLimit).toEqual({ requestsPerMinute: 1, tokensPerMinute: undefined });
  const listed = await world.cli("keys", "list", accountId);
  expect(listed.out).toMatch(/60 requests, 100000 tokens .*\n.* 1 requests/s);
});

test("people are shown the key once and told so", async () => {
  const { out } = await world.cli("keys", "create", accountId, "--name", "laptop");
  const [key = "", , note] = out.split("\n");
  expect(isWellFormedKey(key)).toBe(true);
  expect(note).toContain("not shown again");
  const listed = await world.cli("keys", "list", accountId);
  expect(listed.out).toContain(`…${key.slice(-4)}`);
  expect(listed.out).not.toContain(key);
});

test("a revoked key is in the account's own list, so that no cached lookup lets it pass; twice is a success", async () => {
  const { key_id } = await world.json("keys", "create", accountId, "--name", "old");
  expect((await world.json("keys", "revoke", key_id)).status).toBe("revoked");
  expect((await world.stores.ledger.account(accountId))?.revokedKeys).toContain(key_id);
  expect((await world.json("keys", "revoke", key_id)).status).toBe("revoked");
  const listed = await world.json("keys", "list", accountId);
  expect(listed).toContainEqual(expect.objectContaining({ key_id, status: "revoked" }));
});

test("models shows the configured ones with their prices, and the demo model that this machine has", async () => {
  const models = await world.json("models");
  expect(models.map(({ id }: { id: string }) => id)).toEqual(["gpt-4.1-mini", "demo/echo"]);
  expect(models[0]).toMatchObject({
    context_window: 1_047_576,
    prices: { input_per_million: "0.40", output_per_million: "1.60", cache_read_per_million: "0.10" },
    routes: [{ provider: "openai", model: "gpt-4.1-mini" }],
  });
  expect((await world.cli("models")).out).toMatch(
    /gpt-4\.1-mini +0\.40 +0\.10 +1\.60 +1047576 +32768 +openai/,
  );
});
