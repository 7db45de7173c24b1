import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { formatUsd, parseUsd } from "../../lambda/core/money.ts";
import { gate, slowStream } from "../contract/slow-stream.ts";
import { chat, completion, usage } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { expectConflict, post } from "./second-answer.ts";
import { expectError, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const COST = 10n * PRICE.input + 2n * PRICE.output;
const BODY = chat({ max_completion_tokens: 100 });
const OTHER_BODY = chat({ max_completion_tokens: 101 });
const ENDED = { outcome: "completed" };

const timers = manualTimers();
let world: World;
beforeAll(async () => {
  process.env["TEST_PROVIDER_KEY"] = "secret";
  world = await openWorld({ timers, provider: { apiKeyEnv: "TEST_PROVIDER_KEY" } });
});
beforeEach(() => world.provider.always(completion("Hi", usage(10, 2))));
afterAll(() => world.close());

async function balanceOf(accountId: string) {
  const account = await world.router.ledger.account(accountId);
  if (!account) throw new Error("the account is gone");
  return account;
}

/** Everything was paid once, and nothing else has happened. */
async function expectOneCharge(accountId: string, costPicoUsd = COST): Promise<void> {
  const { postedPicoUsd, availablePicoUsd, sequence, holds } = await balanceOf(accountId);
  const left = parseUsd("25") - costPicoUsd;
  expect([postedPicoUsd, availablePicoUsd, sequence, holds.size]).toEqual([left, left, 2, 0]);
}

describe("a second request with the same Idempotency-Key", () => {
  test("is told of the first while that one streams, and when it has ended, and costs nothing", async () => {
    const client = await world.client();
    const { opened, open } = gate();
    world.provider.next(slowStream(opened));
    const calls = world.upstreamCalls();
    const first = await post(client, "order-1", { ...BODY, stream: true });
    const requestId = requestIdOf(first);
    expect(first.status).toBe(200);
    const isOpen = { requestId, outcome: "open" };
    await expectConflict(await post(client, "order-1", { ...BODY, stream: true }), isOpen);
    await expectConflict(await post(client, "order-1", BODY), { ...isOpen, otherBody: true });
    open();
    expect(await first.text()).toMatch(/\[DONE\]\s*$/);
    await client.ended(first);
    await expectConflict(await post(client, "order-1", { ...BODY, stream: true }), { requestId, ...ENDED });
    await expectConflict(await post(client, "order-1", BODY), { requestId, ...ENDED, otherBody: true });
    expect(world.upstreamCalls()).toBe(calls + 1);
    await expectOneCharge(client.accountId, 11n * PRICE.input + 20n * PRICE.output);
    expect(await (await client.get(`/requests/${requestId}`)).json()).toMatchObject({
      request_id: requestId,
      outcome: "completed",
    });
  });

  test("is told so a day later, too", async () => {
    const client = await world.client();
    const first = await post(client, "order-1", BODY);
    await client.ended(first);
    timers.advance(24 * HOUR_MS + 1);
    await expectConflict(await post(client, "order-1", BODY), { requestId: requestIdOf(first), ...ENDED });
    await expectOneCharge(client.accountId);
  });

  test("that began before the first had ended, and holds after, is given its hold back", async () => {
    const client = await world.client();
    const { opened, open } = gate();
    const text = new TextEncoder().encode(JSON.stringify(BODY));
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(text.slice(0, 10));
        await opened;
        controller.enqueue(text.slice(10));
        controller.close();
      },
    });
    const second = post(client, "order-1", "", { body, duplex: "half" });
    const first = await post(client, "order-1", BODY);
    await client.ended(first);
    open();
    await expectConflict(await second, { requestId: requestIdOf(first), ...ENDED });
    await expectOneCharge(client.accountId);
  });

  test("and nineteen others at once: exactly one is called and charged", async () => {
    const client = await world.client();
    const calls = world.upstreamCalls();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(client, "order-1", BODY)));
    const [first, ...more] = answers.filter(({ status }) => status === 200);
    if (!first) throw new Error("nobody was let in");
    expect(more).toEqual([]);
    await client.ended(first);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect(new Set(answers.map(requestIdOf))).toEqual(new Set([requestIdOf(first)]));
    expect(world.upstreamCalls()).toBe(calls + 1);
    await expectOneCharge(client.accountId);
  });
});

describe("no new request would be let in any more, and the second is told of the first all the same", () => {
  const HOLD = formatUsd(200n * PRICE.input + 100n * PRICE.output);

  test.each([
    ["the balance is spent", { creditUsd: HOLD }],
    ["the key's limit is spent", { spendLimit: { amountPicoUsd: parseUsd(HOLD), period: "total" as const } }],
    ["the minute is used up", { rateLimit: { requestsPerMinute: 1 } }],
  ])("since %s", async (_, options) => {
    const client = await world.client(options);
    world.provider.next(completion("Hi", usage(190, 90)));
    const first = await post(client, "order-1", BODY);
    await client.ended(first);
    expect((await post(client, "order-2", BODY)).status).toBeOneOf([402, 429]);
    await expectConflict(await post(client, "order-1", BODY), { requestId: requestIdOf(first), ...ENDED });
    expect((await balanceOf(client.accountId)).sequence).toBe(2);
  });

  test("since the first holds all there is", async () => {
    const client = await world.client({ creditUsd: HOLD });
    const { opened, open } = gate();
    world.provider.next(slowStream(opened));
    const body = chat({ max_completion_tokens: 100, stream: true });
    const first = await post(client, "order-1", body);
    await expectConflict(await post(client, "order-1", body), {
      requestId: requestIdOf(first),
      outcome: "open",
    });
    open();
    await first.text();
    await client.ended(first);
  });
});

describe("the same value", () => {
  test("of another key, or another account, is another request", async () => {
    const [client, other] = [await world.client(), await world.client()];
    const { key } = await world.router.newKey({ accountId: client.accountId });
    const answers = [
      await post(client, "order-1", BODY),
      await client.post(BODY, { headers: { "idempotency-key": "order-1", authorization: `Bearer ${key}` } }),
      await post(other, "order-1", BODY),
      await post(client, "order-2", BODY),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(requestIdOf)).size).toBe(4);
    for (const answer of answers)
      expect(requestIdOf(answer)).toMatch(/^req_[0-9a-f-]{13}-8[0-9a-f]{3}-[89ab]/);
  });

  test("may be used again after a request that was refused for lack of money", async () => {
    const client = await world.client({ creditUsd: "0" });
    const refused = await post(client, "order-1", OTHER_BODY);
    expect(refused.status).toBe(402);
    await world.router.ledger.credit({
      accountId: client.accountId,
      creditId: `topup_late_${client.accountId}`,
      type: "topup",
      amountPicoUsd: parseUsd("25"),
      createdAt: new Date(timers.nowMs()).toISOString(),
    });
    const admitted = await post(client, "order-1", BODY);
    expect(admitted.status).toBe(200);
    expect(requestIdOf(admitted)).toBe(requestIdOf(refused));
    await client.ended(admitted);
    await expectOneCharge(client.accountId);
  });

  test("may be used again after a request that no provider could be called for", async () => {
    const client = await world.client();
    delete process.env["TEST_PROVIDER_KEY"];
    const released = await post(client, "order-1", BODY);
    expect(released.status).toBe(503);
    await client.expectUntouched();
    process.env["TEST_PROVIDER_KEY"] = "secret";
    const admitted = await post(client, "order-1", BODY);
    expect(admitted.status).toBe(200);
    await client.ended(admitted);
    await expectOneCharge(client.accountId);
  });

  test("is spent by a request that reached a provider and failed there, at no cost", async () => {
    const client = await world.client();
    world.provider.next((response) => void response.writeHead(500).end());
    const failed = await post(client, "order-1", BODY);
    expect(failed.status).toBe(502);
    await client.ended(failed);
    const first = { requestId: requestIdOf(failed), outcome: "failed" };
    await expectConflict(await post(client, "order-1", BODY), first);
    await expectOneCharge(client.accountId, 0n);
  });
});

test.each([
  ["empty", ""],
  ["of 256 characters", "x".repeat(256)],
  ["with an accent", "caf\u00e9"],
  ["with a tab", "a\tb"],
])(
  "An Idempotency-Key that is %s is a 400 that says what one is, and nothing is called or held.",
  async (_, value) => {
    const client = await world.client();
    const calls = world.upstreamCalls();
    const message = await expectError(await post(client, value, BODY), {
      status: 400,
      code: "invalid_value",
      type: "invalid_request_error",
      param: "Idempotency-Key",
    });
    expect(message).toContain("1 to 255 printable ASCII characters");
    expect(world.upstreamCalls()).toBe(calls);
    await client.expectUntouched();
  },
);

test("An Idempotency-Key of 255 characters is one.", async () => {
  const client = await world.client();
  expect((await post(client, "~".repeat(255), BODY)).status).toBe(200);
});
