import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatUsd, parseUsd } from "../../lambda/core/money.ts";
import { chat, completion, usage } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { type Client, expectError, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

const DAY_MS = 86_400_000;
const COST = 1_000n * PRICE.input + 100n * PRICE.output;

/** The 23rd of a month, so that a step of ten days leads into the next. */
const timers = manualTimers(Date.UTC(2026, 10, 23, 12));
let world: World;
beforeAll(async () => {
  world = await openWorld({ timers });
  world.provider.always(completion("Hi", usage(1_000, 100)));
});
afterAll(() => world.close());

const BODY = chat({ max_completion_tokens: 1_000 });

async function spentBy(client: Client): Promise<unknown> {
  const body: { spent?: unknown } = JSON.parse(await (await client.get("/key")).text());
  return body.spent;
}

/** Asks until the key's limit refuses. @returns how many were let in, and what the refusal said. */
async function exhaust(client: Client) {
  for (let admitted = 0; admitted < 20; admitted++) {
    const response = await client.post(BODY);
    if (response.status !== 200) {
      const message = await expectError(response, {
        status: 402,
        code: "key_limit_exceeded",
        type: "insufficient_balance",
      });
      return { admitted, message };
    }
    await client.ended(response);
  }
  throw new Error("the limit never refused");
}

describe("a key's own limit", () => {
  test.each(["total", "month"] as const)(
    "of a %s refuses what would exceed it, not what it costs",
    async (period) => {
      const amountPicoUsd = parseUsd("0.005");
      const client = await world.client({ spendLimit: { amountPicoUsd, period } });
      const { admitted, message } = await exhaust(client);
      const spent = BigInt(admitted) * COST;
      expect(await spentBy(client)).toBe(formatUsd(spent));
      expect(spent).toBeLessThanOrEqual(amountPicoUsd);
      expect(message).toContain(`${formatUsd(amountPicoUsd - spent)} USD of the limit is left`);
      // The balance is not the reason, and another key of the account goes on.
      const { key } = await world.router.newKey({ accountId: client.accountId });
      const other = await client.post(BODY, { headers: { authorization: `Bearer ${key}` } });
      expect(other.status).toBe(200);
      await client.ended(other);
    },
  );

  test("names a cap that is affordable, and that one works", async () => {
    const client = await world.client({ spendLimit: { amountPicoUsd: parseUsd("0.001"), period: "total" } });
    const { message } = await exhaust(client);
    const cap = Number(/max_completion_tokens to (\d+)/.exec(message)?.[1]);
    const response = await client.post(chat({ max_completion_tokens: cap }));
    expect(response.status).toBe(200);
    await client.ended(response);
  });

  test("of a month begins anew with the next, and one in total does not", async () => {
    const monthly = await world.client({ spendLimit: { amountPicoUsd: parseUsd("0.003"), period: "month" } });
    const once = await world.client({ spendLimit: { amountPicoUsd: parseUsd("0.003"), period: "total" } });
    await exhaust(monthly);
    await exhaust(once);
    timers.advance(10 * DAY_MS);
    expect(await spentBy(monthly)).toBe("0.00");
    expect((await exhaust(monthly)).admitted).toBeGreaterThan(0);
    expect((await exhaust(once)).admitted).toBe(0);
  });

  test("shrinks a cap of ours to half of what is left of it", async () => {
    const limit = parseUsd("0.02");
    const client = await world.client({ spendLimit: { amountPicoUsd: limit, period: "total" } });
    const response = await client.post(chat());
    expect(response.status).toBe(200);
    await client.ended(response);
    const sent = world.provider.calls.at(-1)?.json;
    expect(sent).toMatchObject({ max_completion_tokens: expect.any(Number) });
    const cap = BigInt(JSON.parse(JSON.stringify(sent)).max_completion_tokens);
    expect(cap * PRICE.output).toBeLessThanOrEqual(limit / 2n);
    expect(cap * PRICE.output).toBeGreaterThan(limit / 2n - 1_000n * PRICE.input);
  });

  test("counts what is held, so that requests at once do not exceed it together", async () => {
    const amountPicoUsd = parseUsd("0.005");
    const client = await world.client({ spendLimit: { amountPicoUsd, period: "total" } });
    const responses = await Promise.all(Array.from({ length: 10 }, () => client.post(BODY)));
    const admitted = responses.filter(({ status }) => status === 200);
    expect(admitted.length).toBeGreaterThan(0);
    expect(admitted.length).toBeLessThan(10);
    for (const response of admitted) await client.ended(requestIdOf(response));
    expect(await spentBy(client)).toBe(formatUsd(BigInt(admitted.length) * COST));
  });
});
