import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatUsd, type PicoUsd, parseUsd } from "../../lambda/core/money.ts";
import type { Behavior } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { type Client, openWorld, PRICE, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const SAID = ["Hel", "lo"];
/** "Hello" and the message around it, counted by us: 20 characters, 4 tokens a message; 5 characters said. */
const ESTIMATE = 9n * PRICE.input + 2n * PRICE.output;

interface Answered {
  readonly response: Response;
  /** As the client saw it. */
  readonly usage: unknown;
  /** What was held while the provider was at work. */
  readonly heldPicoUsd: PicoUsd;
}

async function askHeld(client: Client, behavior: Behavior, fields: object) {
  let heldPicoUsd = 0n;
  world.provider.next(async (response, call) => {
    heldPicoUsd = await client.held();
    await behavior(response, call);
  });
  const response = await client.post(chat({ ...fields }));
  const text = await response.clone().text();
  return { response, text, heldPicoUsd };
}

/** How the same answer is asked for and given, whole and as a stream. */
const MODES: {
  mode: string;
  ask: (client: Client, reported?: object, fields?: object) => Promise<Answered>;
}[] = [
  {
    mode: "whole",
    async ask(client, reported, fields = {}) {
      const { text, ...answered } = await askHeld(client, completion(SAID.join(""), reported), fields);
      const body: { usage?: unknown } = JSON.parse(text);
      return { ...answered, usage: body.usage };
    },
  },
  {
    mode: "streamed",
    async ask(client, reported, fields) {
      const behavior = streamed([...SAID.map(chunk), ...(reported ? [usageChunk(reported)] : []), "[DONE]"]);
      const asked = { stream: true, stream_options: { include_usage: true }, ...fields };
      const { text, ...answered } = await askHeld(client, behavior, asked);
      const events = text.split("\n\n");
      expect(events.at(-2)).toBe("data: [DONE]");
      const event: { usage?: unknown } = JSON.parse(events.at(-3)?.slice("data: ".length) ?? "{}");
      return { ...answered, usage: event.usage };
    },
  },
];

/** The entry says this amount, and the balance has moved by exactly it. */
async function expectCharged(client: Client, response: Response, amount: PicoUsd, creditUsd = "25") {
  expect(response.status).toBe(200);
  const entry = await client.ended(response);
  expect(entry.amountPicoUsd).toBe(-amount);
  const account = await world.router.ledger.account(client.accountId);
  expect(account?.postedPicoUsd).toBe(parseUsd(creditUsd) - amount);
  const line = await world.line(response);
  return { entry, charge: entry.charge, alarm: line.alarm };
}

describe.each(MODES)("an answer that ends, $mode", ({ ask }) => {
  test.each([
    ["input and output", usage(1_000, 50), 1_000n * PRICE.input + 50n * PRICE.output, { inputTokens: 1_000 }],
    [
      "tokens read from a cache",
      usage(1_000, 50, { prompt_tokens_details: { cached_tokens: 600 } }),
      400n * PRICE.input + 600n * PRICE.cacheRead + 50n * PRICE.output,
      { inputTokens: 400, cacheReadTokens: 600 },
    ],
    [
      "reasoning, as a part of output",
      usage(10, 50, { completion_tokens_details: { reasoning_tokens: 40 } }),
      10n * PRICE.input + 50n * PRICE.output,
      { outputTokens: 50, reasoningTokens: 40 },
    ],
    ["an explicit zero, which is not missing", usage(0, 0), 0n, { inputTokens: 0, outputTokens: 0 }],
  ])("is charged for %s", async (_, reported, amount, tokens) => {
    const client = await world.client();
    const { response, usage: shown } = await ask(client, reported);
    const { charge, alarm } = await expectCharged(client, response, amount);
    expect(charge).toMatchObject({ outcome: "completed", provider: "p1", estimated: false });
    expect(charge?.usage).toMatchObject(tokens);
    expect(shown).toEqual({ ...reported, cost: formatUsd(amount) });
    expect(alarm).toBeUndefined();
  });

  test("without usage is charged by its text, and marked", async () => {
    const client = await world.client();
    const { response } = await ask(client);
    const { charge, alarm } = await expectCharged(client, response, ESTIMATE);
    expect(charge).toMatchObject({ outcome: "completed", estimated: true });
    expect(charge?.usage).toMatchObject({ inputTokens: 9, outputTokens: 2 });
    expect(alarm).toBeUndefined();
  });

  test.each([
    ["negative", usage(-5, 50)],
    ["fractional", usage(10.5, 50)],
    ["beyond whole numbers", usage(1e300, 50)],
    ["more read from the cache than came in", usage(10, 5, { prompt_tokens_details: { cached_tokens: 50 } })],
    ["more reasoning than output", usage(10, 5, { completion_tokens_details: { reasoning_tokens: 6 } })],
  ])("with usage that cannot be, %s, is charged by its text and raises an alarm", async (_, reported) => {
    const client = await world.client();
    const { response } = await ask(client, reported);
    const { charge, alarm } = await expectCharged(client, response, ESTIMATE);
    expect(charge).toMatchObject({ outcome: "completed", estimated: true });
    expect(alarm).toBe("usage_implausible");
  });

  test("with more output than the cap is charged at most the hold, and raises an alarm", async () => {
    const client = await world.client();
    const fields = { max_completion_tokens: 10 };
    const { response, heldPicoUsd } = await ask(client, usage(20, 100_000), fields);
    const { entry, charge, alarm } = await expectCharged(client, response, heldPicoUsd);
    expect(charge).toMatchObject({ estimated: false, usage: { outputTokens: 100_000 } });
    expect([entry.writeOffPicoUsd, alarm]).toEqual([0n, "usage_above_cap"]);
    // A little above the cap costs less than the hold, whose input was never so much.
    const another = await world.client();
    const { response: second } = await ask(another, usage(20, 11), fields);
    await expectCharged(another, second, 20n * PRICE.input + 11n * PRICE.output);
  });

  test("with more input than the model can read is charged at most the hold, and raises an alarm", async () => {
    const client = await world.client();
    const { response, heldPicoUsd } = await ask(client, usage(128_001, 1), { max_completion_tokens: 10 });
    const { alarm } = await expectCharged(client, response, heldPicoUsd);
    expect(alarm).toBe("usage_above_window");
  });

  test("above its hold takes the excess from what is available", async () => {
    const client = await world.client();
    const { response, heldPicoUsd } = await ask(client, usage(90_000, 10), { max_completion_tokens: 10 });
    const amount = 90_000n * PRICE.input + 10n * PRICE.output;
    expect(amount).toBeGreaterThan(heldPicoUsd);
    const { entry } = await expectCharged(client, response, amount);
    expect(entry.writeOffPicoUsd).toBe(0n);
  });

  test("above its hold and all that is available is written off for the rest", async () => {
    const client = await world.client({ creditUsd: "0.001" });
    const { response } = await ask(client, usage(90_000, 10), { max_completion_tokens: 10 });
    const { entry } = await expectCharged(client, response, parseUsd("0.001"), "0.001");
    expect(entry.writeOffPicoUsd).toBe(90_000n * PRICE.input + 10n * PRICE.output - parseUsd("0.001"));
  });
});
