import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MAX_OPEN } from "../../lambda/adapters/dynamodb/holding.ts";
import { NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import { inputBoundTokens } from "../../lambda/core/input-bound.ts";
import { formatUsd, type PicoUsd, parseUsd } from "../../lambda/core/money.ts";
import { chat, completion, usage } from "./completions.ts";
import { type Client, expectError, openWorld, PRICE, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(() => world.provider.always(completion("Hi", usage(1, 1))));

/** What the input of this body is held at. */
function inputPicoUsd(body: Record<string, unknown>, on = world): PicoUsd {
  const model = on.router.catalog.models.get("test/model");
  const { messages } = body;
  if (!model || !Array.isArray(messages)) throw new Error("no model or no messages");
  const bodyBytes = Buffer.byteLength(JSON.stringify(body));
  return BigInt(inputBoundTokens({ bodyBytes, messages }, model)) * PRICE.input;
}

interface Dispatched {
  readonly heldPicoUsd: PicoUsd;
  /** What the provider was sent. */
  readonly sent: Record<string, unknown>;
}

/** Sends a request that is let in. @returns what was held while the provider was at work, and what it was sent. */
async function dispatch(client: Client, body: object, on = world): Promise<Dispatched> {
  const dispatched = Promise.withResolvers<Dispatched>();
  on.provider.next(async (response, call) => {
    dispatched.resolve({ heldPicoUsd: await client.held(), sent: JSON.parse(call.body.toString()) });
    await completion("Hi", usage(1, 1))(response, call);
  });
  const response = await client.post(body);
  expect({ status: response.status, text: await response.clone().text() }).toMatchObject({ status: 200 });
  await client.ended(response);
  return dispatched.promise;
}

describe("with a cap of the client's", () => {
  test.each(["max_completion_tokens", "max_tokens"])("%s, exactly so much is held and sent", async (name) => {
    const body = chat({ [name]: 777 });
    const { heldPicoUsd, sent } = await dispatch(await world.client(), body);
    expect(heldPicoUsd).toBe(inputPicoUsd(body) + 777n * PRICE.output);
    expect(sent).toEqual({ ...chat(), model: "upstream-model", max_completion_tokens: 777 });
  });

  test("above the model's maximum, the maximum is", async () => {
    const body = chat({ max_tokens: 1_000_000 });
    const { heldPicoUsd, sent } = await dispatch(await world.client(), body);
    expect(heldPicoUsd).toBe(inputPicoUsd(body) + 16_384n * PRICE.output);
    expect(sent["max_completion_tokens"]).toBe(16_384);
  });

  test("and several choices, the output is held as many times", async () => {
    const body = chat({ max_completion_tokens: 100, n: 7 });
    const { heldPicoUsd, sent } = await dispatch(await world.client(), body);
    expect(heldPicoUsd).toBe(inputPicoUsd(body) + 700n * PRICE.output);
    expect(sent).toMatchObject({ max_completion_tokens: 100, n: 7 });
  });

  test.each([
    ["a short prompt", chat({ max_completion_tokens: 16_384 })],
    [
      "a long prompt",
      chat({ max_completion_tokens: 9_000, messages: [{ role: "user", content: "word ".repeat(3_000) }] }),
    ],
    ["several choices", chat({ max_completion_tokens: 9_000, n: 3 })],
    ["tools", chat({ max_completion_tokens: 9_000, tools: [{ type: "function", function: { name: "f" } }] })],
  ])("that is not affordable the 402 names one that is, and that one works: %s", async (_, body) => {
    const client = await world.client({ creditUsd: "0.01" });
    const before = world.upstreamCalls();
    const response = await client.post(body);
    const message = await expectError(response, {
      status: 402,
      code: "insufficient_balance",
      type: "insufficient_balance",
    });
    expect(response.headers.get("x-should-retry")).toBeNull();
    expect(world.upstreamCalls()).toBe(before);
    await client.expectUntouched();
    const [, required = "", available, cap] =
      /up to ([\d.]+) USD is required and ([\d.]+) USD is available.*max_completion_tokens to (\d+) or less/.exec(
        message,
      ) ?? [];
    expect(available).toBe("0.01");
    expect(parseUsd(required)).toBeGreaterThan(parseUsd("0.01"));
    const tooMuch = await client.post({ ...body, max_completion_tokens: Number(cap) + 1 });
    await expectError(tooMuch, { status: 402, code: "insufficient_balance" });
    const { sent } = await dispatch(client, { ...body, max_completion_tokens: Number(cap) });
    expect(sent["max_completion_tokens"]).toBe(Number(cap));
  });

  test("and nothing to pay with, the 402 says to top up", async () => {
    const client = await world.client({ creditUsd: "0" });
    for (const body of [chat({ max_completion_tokens: 1 }), chat()]) {
      const message = await expectError(await client.post(body), {
        status: 402,
        code: "insufficient_balance",
      });
      expect(message).toContain("0.00 USD is available. Top up, or send a shorter request.");
    }
    await client.expectUntouched();
  });
});

describe("without a cap", () => {
  const body = chat();

  test("all that the model can give is held where twice as much is there", async () => {
    const all = inputPicoUsd(body) + 16_384n * PRICE.output;
    const rich = await world.client({ creditUsd: formatUsd(2n * all) });
    expect(await dispatch(rich, body)).toMatchObject({
      heldPicoUsd: all,
      sent: { max_completion_tokens: 16_384 },
    });
    const poorer = await world.client({ creditUsd: formatUsd(2n * all - 1n) });
    expect((await dispatch(poorer, body)).heldPicoUsd).toBeLessThan(all);
  });

  test.each([20n, 30n, 40n])("half of what is available is held: of %i thousandths", async (thousandths) => {
    const credit = thousandths * 1_000_000_000n;
    const client = await world.client({ creditUsd: formatUsd(credit) });
    const { heldPicoUsd, sent } = await dispatch(client, body);
    const cap = (credit / 2n - inputPicoUsd(body)) / PRICE.output;
    expect(heldPicoUsd).toBe(inputPicoUsd(body) + cap * PRICE.output);
    expect(sent["max_completion_tokens"]).toBe(Number(cap));
  });

  test("4,096 tokens' worth is held where half would be less", async () => {
    const floor = inputPicoUsd(body) + 4_096n * PRICE.output;
    for (const credit of [floor, floor + 1n, 2n * floor - 1n]) {
      const client = await world.client({ creditUsd: formatUsd(credit) });
      expect(await dispatch(client, body)).toMatchObject({
        heldPicoUsd: floor,
        sent: { max_completion_tokens: 4_096 },
      });
    }
  });

  test("all that is there is held where that is less than 4,096 tokens' worth", async () => {
    const credit = inputPicoUsd(body) + 100n * PRICE.output + PRICE.output / 2n;
    const client = await world.client({ creditUsd: formatUsd(credit) });
    expect(await dispatch(client, body)).toMatchObject({
      heldPicoUsd: inputPicoUsd(body) + 100n * PRICE.output,
      sent: { max_completion_tokens: 100 },
    });
  });
});

describe("of the account", () => {
  test("only open holds stand in the way: 402 that is worth trying again, and works when they have ended", async () => {
    const client = await world.client({ creditUsd: "0.02" });
    const body = chat({ max_completion_tokens: 10_000 });
    const gate = Promise.withResolvers<void>();
    world.provider.next(async (response, call) => {
      await gate.promise;
      await completion("Hi", usage(1, 1))(response, call);
    });
    const arrived = world.provider.call(world.provider.calls.length + 1);
    const first = client.post(body);
    await arrived;
    const second = await client.post(body);
    expect(await expectError(second, { status: 402, code: "insufficient_balance" })).toContain(
      "Open requests",
    );
    expect(second.headers.get("x-should-retry")).toBe("true");
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    gate.resolve();
    await client.ended(await first);
    expect((await client.post(body)).status).toBe(200);
  });

  test(`${MAX_OPEN} requests are open: 429, and nothing is called`, async () => {
    const client = await world.client();
    const open = [];
    for (let i = 0; i < MAX_OPEN; i++) {
      const answer = await world.router.ledger.hold({
        accountId: client.accountId,
        requestId: `req_${i}`,
        requiredPicoUsd: 1n,
        hold: {
          amountPicoUsd: 1n,
          expiresAtMs: Date.now() + 3_600_000,
          keyId: client.keyId,
          keyPeriod: NO_KEY_PERIOD,
          model: "test/model",
          catalogVersion: "v",
        },
      });
      if (answer.held) open.push(answer.open);
    }
    const before = world.upstreamCalls();
    const response = await client.post(chat());
    await expectError(response, {
      status: 429,
      code: "concurrency_limit_exceeded",
      type: "rate_limit_error",
    });
    expect(response.headers.get("retry-after")).toBe("1");
    expect(world.upstreamCalls()).toBe(before);
    const [one] = open;
    if (one) await world.router.ledger.release(one);
    expect((await client.post(chat())).status).toBe(200);
  });
});
