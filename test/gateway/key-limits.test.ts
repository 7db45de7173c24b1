/** A key's own limit while everything around it moves: `keySpend` is what the key has settled plus what it holds. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decodeHold } from "../../lambda/core/hold.ts";
import type { ApiKey, KeyChanges, SpendLimit } from "../../lambda/core/keys.ts";
import type { PicoUsd } from "../../lambda/core/money.ts";
import { expectSoundBooks } from "../contract/books.ts";
import { COST_PICO_USD, gate, slowStream } from "../contract/slow-stream.ts";
import { chat, completion, usage } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { type Client, expectError, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

const MINUTE_MS = 60_000;
const BEFORE_MIDNIGHT_MS = 5_000;
/** Long ago, so that a real deadline is far away: a stream may stay open from one month to the next. */
const LAST_OF_JANUARY = Date.UTC(2026, 0, 31, 23, 59, 55);
const BODY = chat({ max_completion_tokens: 100, stream: true });
const COST = 10n * PRICE.input + 2n * PRICE.output;

const timers = manualTimers(LAST_OF_JANUARY);
let world: World;
beforeAll(async () => {
  world = await openWorld({ timers });
});
beforeEach(() => world.provider.always(completion("Hi", usage(10, 2))));
afterAll(() => world.close());

/** What one such request holds, as the product itself says. */
async function holdPicoUsd(): Promise<PicoUsd> {
  const client = await world.client();
  const { response, finish } = await openStream(client);
  const held = await client.held();
  await finish();
  await client.ended(response);
  return held;
}

async function openStream(client: Client) {
  const { opened, open } = gate();
  world.provider.next(slowStream(opened));
  const response = await client.post(BODY);
  expect(response.status).toBe(200);
  return {
    response,
    finish: () => {
      open();
      return response.text();
    },
  };
}

async function accountOf({ accountId }: Client) {
  return expectSoundBooks(world.router, accountId);
}

/** Expects invariant 13 of every period that was ever counted for the key. @returns keySpend, by period. */
async function spendOf(client: Client, heldIn: (requestId: string) => string) {
  const account = await accountOf(client);
  const expected = new Map<string, PicoUsd>();
  const count = (period: string, amount: PicoUsd) =>
    expected.set(period, (expected.get(period) ?? 0n) + amount);
  for (const text of account.holds.values()) {
    const { keyPeriod, amountPicoUsd } = decodeHold(text);
    count(keyPeriod, amountPicoUsd);
  }
  for await (const { charge, amountPicoUsd } of world.router.accounts.entries(client.accountId)) {
    if (charge) count(heldIn(charge.requestId), -amountPicoUsd);
  }
  expected.delete("-");
  for (const [period, amount] of expected) {
    expect([period, account.keySpendPicoUsd.get(period)]).toEqual([period, amount]);
  }
  return Object.fromEntries(
    [...account.keySpendPicoUsd].map(([period, amount]) => [period.split("#")[1], amount] as const),
  );
}

function thisMonth({ keyId }: Client): string {
  return `${keyId}#${new Date(timers.nowMs()).toISOString().slice(0, 7)}`;
}

describe("at the month's turn", () => {
  test("of 100 at once on either side of midnight each counts in the month it was held in, and a month takes no more than its limit", async () => {
    const hold = await holdPicoUsd();
    const client = await world.client({ spendLimit: { amountPicoUsd: 40n * hold, period: "month" } });
    const { opened, open } = gate();
    world.provider.always(slowStream(opened));
    const burst = () => Promise.all(Array.from({ length: 50 }, () => client.post(BODY)));
    const january = await burst();
    timers.advance(BEFORE_MIDNIGHT_MS);
    const february = await burst();
    const admitted = (responses: Response[]) => responses.filter(({ status }) => status === 200);
    expect([admitted(january).length, admitted(february).length]).toEqual([40, 40]);
    const inJanuary = new Set(january.map(requestIdOf));
    const heldIn = (requestId: string) => `${client.keyId}#2026-0${inJanuary.has(requestId) ? 1 : 2}`;
    expect(await spendOf(client, heldIn)).toEqual({ "2026-01": 40n * hold, "2026-02": 40n * hold });
    open();
    for (const response of [...admitted(january), ...admitted(february)]) await response.text();
    await client.ended(requestIdOf(admitted(february).at(-1) ?? new Response()));
    expect(await spendOf(client, heldIn)).toEqual({
      "2026-01": 40n * COST_PICO_USD,
      "2026-02": 40n * COST_PICO_USD,
    });
  });
});

describe("while a request is open, a limit", () => {
  async function update(client: Client, changes: KeyChanges): Promise<ApiKey> {
    const key = await world.router.keys.find(client.keyId);
    if (!key) throw new Error("the key is gone");
    const updated = await world.router.keys.update(key, changes);
    timers.advance(MINUTE_MS);
    return updated;
  }

  test.each(["total", "month"] as const)(
    "%s that is added counts from the next request on",
    async (period) => {
      const hold = await holdPicoUsd();
      const client = await world.client();
      const { response, finish } = await openStream(client);
      await update(client, { limitPicoUsd: hold, limitPeriod: period });
      const second = await openStream(client);
      await expectError(await client.post(BODY), { status: 402, code: "key_limit_exceeded" });
      await finish();
      await second.finish();
      await client.ended(response);
      const { keySpendPicoUsd } = await accountOf(client);
      expect([...keySpendPicoUsd.values()]).toEqual([COST_PICO_USD]);
    },
  );

  test("that is lowered refuses the next, and gives back exactly what was held above it", async () => {
    const hold = await holdPicoUsd();
    const client = await world.client({ spendLimit: { amountPicoUsd: 3n * hold, period: "total" } });
    const { response, finish } = await openStream(client);
    await update(client, { limitPicoUsd: hold });
    await expectError(await client.post(BODY), { status: 402, code: "key_limit_exceeded" });
    await finish();
    await client.ended(response);
    expect(await spendOf(client, () => `${client.keyId}#total`)).toEqual({ total: COST_PICO_USD });
    await update(client, { limitPicoUsd: hold + COST_PICO_USD });
    const next = await openStream(client);
    await next.finish();
    await client.ended(next.response);
    expect(await spendOf(client, () => `${client.keyId}#total`)).toEqual({ total: 2n * COST_PICO_USD });
  });

  test("that is taken away, or counted by the month instead, leaves the first count exact", async () => {
    const hold = await holdPicoUsd();
    const client = await world.client({ spendLimit: { amountPicoUsd: hold, period: "total" } });
    const total = await openStream(client);
    await update(client, { limitPeriod: "month" });
    const month = await openStream(client);
    await update(client, { limitPicoUsd: null });
    const none = await openStream(client);
    for (const { finish } of [total, month, none]) await finish();
    await client.ended(none.response);
    const periods = new Map([
      [requestIdOf(total.response), `${client.keyId}#total`],
      [requestIdOf(month.response), thisMonth(client)],
    ]);
    const spent = await spendOf(client, (requestId) => periods.get(requestId) ?? "-");
    expect(Object.values(spent)).toEqual([COST_PICO_USD, COST_PICO_USD]);
  });

  test("of a key that is revoked is given back to, all the same", async () => {
    const hold = await holdPicoUsd();
    const client = await world.client({ spendLimit: { amountPicoUsd: hold, period: "month" } });
    const { response, finish } = await openStream(client);
    const key = await world.router.keys.find(client.keyId);
    if (key) await world.router.keys.revoke(key);
    await finish();
    expect(await client.ended(response)).toMatchObject({ amountPicoUsd: -COST_PICO_USD });
    expect(Object.values(await spendOf(client, () => thisMonth(client)))).toEqual([COST_PICO_USD]);
  });
});

describe("what is counted", () => {
  const limit: SpendLimit = { amountPicoUsd: 1_000_000_000_000n, period: "month" };

  test("is nothing of a request that no provider answered", async () => {
    const client = await world.client({ spendLimit: limit });
    world.provider.next((response) => void response.writeHead(500).end());
    const failed = await client.post(chat({ max_completion_tokens: 100 }));
    expect(failed.status).toBe(502);
    await client.ended(failed);
    expect(Object.values(await spendOf(client, () => thisMonth(client)))).toEqual([0n]);
  });

  test("is what was used above the hold, too", async () => {
    const client = await world.client({ spendLimit: limit });
    world.provider.next(completion("Hi", usage(5_000, 100)));
    const response = await client.post(chat({ max_completion_tokens: 100 }));
    const { amountPicoUsd } = await client.ended(response);
    expect(amountPicoUsd).toBe(-(5_000n * PRICE.input + 100n * PRICE.output));
    expect(Object.values(await spendOf(client, () => thisMonth(client)))).toEqual([-amountPicoUsd]);
  });

  test("is shown by GET /v1/key, open holds included", async () => {
    const client = await world.client({ spendLimit: limit });
    await client.ended(await client.post(chat({ max_completion_tokens: 100 })));
    expect(await (await client.get("/key")).json()).toMatchObject({
      spend_limit: { amount: "1.00", period: "month" },
      rate_limit: null,
      spent: `0.${String(COST).padStart(12, "0").replace(/0+$/, "")}`,
    });
  });
});
