import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RateLimit } from "../../lambda/core/rate-limit.ts";
import { gate, slowStream } from "../contract/slow-stream.ts";
import { chat, completion, usage } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { type Client, expectError, openWorld, type World } from "./world.ts";

const MINUTE_MS = 60_000;
/** The input of these bodies is estimated at so many tokens, and the cap comes on top. */
const INPUT_TOKENS = 100;
const BODY = chat({ max_completion_tokens: 100 });
const TOKENS = INPUT_TOKENS + 100;

/** Long ago, so that a real deadline is far away. */
const timers = manualTimers(Date.UTC(2026, 0, 31, 12));
let world: World;
beforeAll(async () => {
  world = await openWorld({ timers });
});
beforeEach(() => {
  world.provider.always(completion("Hi", usage(10, 2)));
  // Each test has minutes of its own, and begins a quarter past one.
  timers.advance(10 * MINUTE_MS - (timers.nowMs() % MINUTE_MS) + 15_000);
});
afterAll(() => world.close());

const limited = (rateLimit: RateLimit) => world.client({ rateLimit });

function limitHeaders(response: Response): Record<string, string> {
  const named = [...response.headers].filter(([name]) => name.startsWith("x-ratelimit-"));
  return Object.fromEntries(named.map(([name, value]) => [name.slice("x-ratelimit-".length), value]));
}

async function ratesOf({ accountId }: Client): Promise<number> {
  return (await world.router.ledger.account(accountId))?.rates.size ?? 0;
}

async function expectLimited(response: Response): Promise<string> {
  return expectError(response, { status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" });
}

test("a key with a limit and no money is told of the money", async () => {
  const client = await world.client({ rateLimit: { requestsPerMinute: 20 }, creditUsd: "0" });
  await expectError(await client.post(BODY), {
    status: 402,
    code: "insufficient_balance",
    type: "insufficient_balance",
  });
});

describe("a key with a limit", () => {
  test.each([
    ["requests", { requestsPerMinute: 20 }],
    ["tokens", { tokensPerMinute: 20 * TOKENS + TOKENS - 1 }],
  ])(
    "of %s: of 50 at once exactly so many get through, and no other reaches a provider",
    async (what, limit) => {
      const client = await limited(limit);
      const calls = world.upstreamCalls();
      const answers = await Promise.all(Array.from({ length: 50 }, () => client.post(BODY)));
      const admitted = answers.filter(({ status }) => status === 200);
      expect(admitted).toHaveLength(20);
      expect(world.upstreamCalls()).toBe(calls + 20);
      for (const refused of answers.filter(({ status }) => status !== 200)) {
        expect(limitHeaders(refused)).toMatchObject({ [`reset-${what}`]: "45s" });
        expect(refused.headers.get("retry-after")).toBe("45");
        expect(refused.headers.get("x-should-retry")).toBeNull();
        expect(await expectLimited(refused)).toMatch(new RegExp(`limit of \\d+ ${what} a minute is reached`));
      }
      for (const response of admitted) await client.ended(response);
      expect((await world.router.ledger.account(client.accountId))?.sequence).toBe(21);
    },
  );

  test("is told what is left in OpenAI's headers, in an answer as in a stream", async () => {
    const client = await limited({ requestsPerMinute: 3, tokensPerMinute: 1_000 });
    expect(limitHeaders(await client.post(BODY))).toEqual({
      "limit-requests": "3",
      "remaining-requests": "2",
      "reset-requests": "45s",
      "limit-tokens": "1000",
      "remaining-tokens": String(1_000 - TOKENS),
      "reset-tokens": "45s",
    });
    timers.advance(14_999);
    const { opened, open } = gate();
    world.provider.next(slowStream(opened));
    const streamed = await client.post(chat({ max_completion_tokens: 100, stream: true }));
    const headers = limitHeaders(streamed);
    expect(headers).toMatchObject({
      "remaining-requests": "1",
      "reset-requests": "31s",
      "reset-tokens": "31s",
    });
    open();
    await streamed.text();
    await client.ended(streamed);
  });

  test("of one kind only is told nothing of the other", async () => {
    const client = await limited({ requestsPerMinute: 3 });
    expect(Object.keys(limitHeaders(await client.post(BODY))).sort()).toEqual([
      "limit-requests",
      "remaining-requests",
      "reset-requests",
    ]);
  });

  test("may go on when the minute turns, not a millisecond before", async () => {
    const client = await limited({ requestsPerMinute: 1 });
    const first = await client.post(BODY);
    await client.ended(first);
    timers.advance(44_999);
    const refused = await client.post(BODY);
    expect(refused.headers.get("retry-after")).toBe("1");
    await expectLimited(refused);
    timers.advance(1);
    const next = await client.post(BODY);
    expect(next.status).toBe(200);
    expect(limitHeaders(next)).toMatchObject({ "remaining-requests": "0", "reset-requests": "60s" });
  });

  test("is not charged for what it was refused: neither money, nor the minute", async () => {
    const client = await limited({ tokensPerMinute: TOKENS + INPUT_TOKENS + 1 });
    const first = await client.post(BODY);
    await client.ended(first);
    await expectLimited(await client.post(BODY));
    const small = await client.post(chat({ max_completion_tokens: 1 }));
    expect(small.status).toBe(200);
    expect(limitHeaders(small)).toMatchObject({ "remaining-tokens": "0" });
  });
});

describe("a request that is larger than a minute", () => {
  test("by its own cap is refused with advice, and is not to be tried again", async () => {
    const client = await limited({ tokensPerMinute: TOKENS - 1 });
    const refused = await client.post(BODY);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(limitHeaders(refused)).toMatchObject({ "remaining-tokens": String(TOKENS - 1) });
    const message = await expectLimited(refused);
    expect(message).toContain(`may use ${TOKENS} tokens, and this key may use ${TOKENS - 1} a minute`);
    await client.expectUntouched();
    expect((await client.post(chat({ max_completion_tokens: 99 }))).status).toBe(200);
  });

  test("without a cap takes a whole minute that is unused, and no other beside it", async () => {
    const client = await limited({ tokensPerMinute: 1_000 });
    const first = await client.post(chat());
    expect(first.status).toBe(200);
    expect(limitHeaders(first)).toMatchObject({ "remaining-tokens": "0" });
    await expectLimited(await client.post(chat()));
  });
});

describe("counters", () => {
  test("of a key without a limit are not written, and no header speaks of them", async () => {
    const client = await world.client();
    const response = await client.post(BODY);
    expect(limitHeaders(response)).toEqual({});
    await client.ended(response);
    expect(await ratesOf(client)).toBe(0);
  });

  test("stay two minutes at most in a key that is used, whatever it asks", async () => {
    const client = await limited({ requestsPerMinute: 2 });
    for (let minute = 0; minute < 5; minute++) {
      expect((await client.post(BODY)).status).toBe(200);
      expect((await client.post(BODY)).status).toBe(200);
      await expectLimited(await client.post(BODY));
      expect(await ratesOf(client)).toBe(minute === 0 ? 2 : 4);
      timers.advance(MINUTE_MS);
    }
  });

  test("of a key that went quiet are cleared by the sweeper, those in use are not", async () => {
    const [quiet, busy] = [await limited({ requestsPerMinute: 9 }), await limited({ requestsPerMinute: 1 })];
    const first = await quiet.post(BODY);
    await quiet.ended(first);
    timers.advance(3 * MINUTE_MS);
    const second = await busy.post(BODY);
    await busy.ended(second);
    expect(await world.router.sweep()).toMatchObject({ failed: 0, complete: true });
    expect([await ratesOf(quiet), await ratesOf(busy)]).toEqual([0, 2]);
    await expectLimited(await busy.post(BODY));
  });
});
