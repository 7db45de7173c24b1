import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PicoUsd } from "../../lambda/core/money.ts";
import { type Behavior, failure, json, type StreamOptions } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { openWorld, PRICE, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({ routes: 2 });
});
afterAll(() => world.close());

const FAULT = { error: { message: "Overloaded" } };
const HELLO = [chunk("Hel"), chunk("lo")];
const ESTIMATE = 9n * PRICE.input + 2n * PRICE.output;
const FINE = {
  whole: completion("Hi", usage(10, 2)),
  streamed: streamed([chunk("Hi"), usageChunk(usage(10, 2)), "[DONE]"]),
};
const COST = 10n * PRICE.input + 2n * PRICE.output;

/** Queues what each route does, asks, and waits for the end. */
async function ask(fields: object, ...behaviors: Behavior[]) {
  const client = await world.client();
  const held: PicoUsd[] = [];
  behaviors.forEach((behavior, route) => {
    world.providers[route]?.next(async (response, call) => {
      held.push(await client.held());
      await behavior(response, call);
    });
  });
  const before = world.providers.map(({ calls }) => calls.length);
  const response = await client.post(chat({ ...fields }));
  const text = await response.clone().text();
  const entry = await client.ended(response);
  const account = await world.router.ledger.account(client.accountId);
  const calls = world.providers.map((provider, route) => provider.calls.length - (before[route] ?? 0));
  return { client, response, text, entry, account, calls, held };
}

describe.each(["whole", "streamed"] as const)("a provider that fails with no output, %s", (mode) => {
  const stream = mode === "streamed";

  test.each<[string, Behavior]>([
    ["a 500", failure(500)],
    ["a 429", failure(429)],
    ["a key that is refused", failure(401)],
    ["nonsense", json({ hello: 1 })],
  ])("with %s hands the same hold to the next route: one charge, by that route", async (_, broken) => {
    const { entry, account, calls, held } = await ask({ stream }, broken, FINE[mode]);
    expect(calls).toEqual([1, 1]);
    expect(held[1]).toBe(held[0]);
    expect(entry).toMatchObject({ amountPicoUsd: -COST, charge: { provider: "p2", outcome: "completed" } });
    expect(account).toMatchObject({ sequence: 2 });
    expect(world.providers[1]?.calls.at(-1)?.json).toMatchObject({
      max_completion_tokens: (await lastCap(0)) ?? -1,
    });
  });

  test("on every route is settled at zero, with the last one's name", async () => {
    const { response, entry, calls } = await ask({ stream }, failure(500), failure(503));
    expect([response.status, ...calls]).toEqual([502, 1, 1]);
    expect(entry).toMatchObject({
      amountPicoUsd: 0n,
      writeOffPicoUsd: 0n,
      charge: { provider: "p2", outcome: "failed", estimated: false },
    });
  });

  test("through the client's fault is not asked of the next route", async () => {
    const { response, entry, calls } = await ask({ stream }, failure(400), FINE[mode]);
    expect([response.status, ...calls]).toEqual([400, 1, 0]);
    expect(entry).toMatchObject({ amountPicoUsd: 0n, charge: { provider: "p1", outcome: "failed" } });
    // What was queued for the second route must not wait for the next test.
    await ask({ stream }, failure(500));
  });
});

describe("a stream that fails with no output after its 200", () => {
  test.each<[string, Behavior]>([
    ["is empty", streamed([])],
    ["is an error", streamed([FAULT])],
    [
      "only names the role",
      streamed([{ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] }, FAULT]),
    ],
    ["counts the input and fails", streamed([usageChunk(usage(77, 0)), FAULT])],
  ])("because it %s goes on with the next route, unseen by the client", async (_, broken) => {
    const { entry, text, calls } = await ask({ stream: true }, broken, FINE.streamed);
    expect(calls).toEqual([1, 1]);
    expect(text).not.toContain("error");
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(entry).toMatchObject({ amountPicoUsd: -COST, charge: { provider: "p2", outcome: "completed" } });
  });

  test("on every route costs nothing, whatever input they counted", async () => {
    const broken = streamed([usageChunk(usage(77, 0)), FAULT]);
    const { entry, calls } = await ask({ stream: true }, broken, broken);
    expect(calls).toEqual([1, 1]);
    expect(entry).toMatchObject({ amountPicoUsd: 0n, charge: { provider: "p2", outcome: "failed" } });
  });

  test("leaves nothing of its usage to a route that counts nothing", async () => {
    const broken = streamed([usageChunk(usage(77, 0)), FAULT]);
    const { entry } = await ask({ stream: true }, broken, streamed([...HELLO, "[DONE]"]));
    expect(entry).toMatchObject({ amountPicoUsd: -ESTIMATE, charge: { provider: "p2", estimated: true } });
  });
});

describe("a stream that breaks after some output", () => {
  test("is charged by its text, marked, and is not asked of the next route", async () => {
    const { entry, calls } = await ask({ stream: true }, streamed([...HELLO, FAULT]));
    expect(calls).toEqual([1, 0]);
    expect(entry).toMatchObject({
      amountPicoUsd: -ESTIMATE,
      writeOffPicoUsd: 0n,
      charge: {
        provider: "p1",
        outcome: "broken",
        estimated: true,
        usage: { inputTokens: 9, outputTokens: 2 },
      },
    });
  });

  test.each<[string, object]>([
    ["a picture", { images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }],
    ["sound", { audio: { data: "AAAA" } }],
  ])("is not asked of the next route where the output was %s, which has no text", async (_, delta) => {
    const picture = { choices: [{ index: 0, delta: { content: "", ...delta }, finish_reason: null }] };
    const { entry, calls, text } = await ask({ stream: true }, streamed([picture, FAULT]), FINE.streamed);
    expect([calls, text.includes("AAAA")]).toEqual([[1, 0], true]);
    expect(entry).toMatchObject({
      amountPicoUsd: -9n * PRICE.input,
      charge: { provider: "p1", outcome: "broken", estimated: true },
    });
  });

  test.each<[string, object[]]>([
    ["before", [usageChunk(usage(10, 2)), FAULT]],
    ["with", [{ ...usageChunk(usage(10, 2)), ...FAULT }]],
  ])("is charged by the usage that came %s the error", async (_, events) => {
    const { entry } = await ask({ stream: true }, streamed([...HELLO, ...events]));
    expect(entry).toMatchObject({
      amountPicoUsd: -COST,
      charge: { outcome: "broken", estimated: false, usage: { inputTokens: 10, outputTokens: 2 } },
    });
  });

  test("is charged by the usage that could be read, whatever came after it", async () => {
    const events = [...HELLO, usageChunk(usage(10, 2)), usageChunk({ prompt_tokens: "?" }), FAULT];
    const { entry } = await ask({ stream: true }, streamed(events));
    expect(entry).toMatchObject({ amountPicoUsd: -COST, charge: { estimated: false } });
  });

  test("is charged by the last usage where each event has one", async () => {
    const counted = HELLO.map((event, i) => ({ ...event, usage: usage(10, i + 1) }));
    const { entry } = await ask({ stream: true }, streamed(counted));
    expect(entry).toMatchObject({ amountPicoUsd: -COST, charge: { outcome: "broken", estimated: false } });
  });

  test.each<[string, object]>([
    ["a tool's arguments", { tool_calls: [{ index: 0, function: { name: "f", arguments: "{}x" } }] }],
    ["a custom tool's input", { tool_calls: [{ index: 0, custom: { name: "f", input: "{}x" } }] }],
    ["a refusal", { refusal: "sure" }],
    ["reasoning", { reasoning_content: "hmm?" }],
    ["speech", { audio: { id: "audio_1", transcript: "abcd" } }],
  ])("is charged for %s too", async (_, delta) => {
    const event = { choices: [{ index: 0, delta }] };
    const { entry } = await ask({ stream: true }, streamed([event, FAULT]));
    expect(entry).toMatchObject({
      amountPicoUsd: -(9n * PRICE.input + PRICE.output),
      charge: { outcome: "broken" },
    });
  });

  test.each(["[DONE]", FAULT])("is never estimated above its hold: %j", async (last) => {
    const { entry, held } = await ask(
      { stream: true, max_completion_tokens: 3 },
      streamed([chunk("word ".repeat(5_000)), last]),
    );
    expect(entry).toMatchObject({ amountPicoUsd: -(held[0] ?? 0n), writeOffPicoUsd: 0n });
    expect(entry.charge?.estimated).toBe(true);
  });
});

describe("a client that leaves", () => {
  /** More than every buffer on the way, so that nobody overlooks that the client has left. */
  const LONG = Array.from({ length: 64 }, () => chunk("word ".repeat(10_000)));

  function gated(events: (object | string)[], options: StreamOptions = {}) {
    const gate = Promise.withResolvers<void>();
    const pace = (index: number) => (index === 1 ? gate.promise : Promise.resolve());
    return { behavior: streamed(events, { pace, ...options }), open: gate.resolve };
  }

  test("in the middle of a stream is charged for all of it: the provider is read to its usage", async () => {
    const client = await world.client();
    const { behavior, open } = gated([chunk("Hello"), ...LONG, usageChunk(usage(10, 2)), "[DONE]"]);
    world.provider.next(behavior);
    const leaving = new AbortController();
    const response = await client.post(chat({ stream: true }), { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    open();
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: -COST,
      charge: { outcome: "completed", estimated: false, provider: "p1" },
    });
    expect(await world.provider.calls.at(-1)?.ended).toBe("finished");
  });

  test.each([true, false])(
    "before an answer has begun is charged for it all the same: stream %s",
    async (stream) => {
      const client = await world.client();
      const answered = Promise.withResolvers<void>();
      const calls = world.provider.calls.length;
      world.provider.next(async (response, call) => {
        await answered.promise;
        const events = [...LONG, usageChunk(usage(10, 2)), "[DONE]"];
        await (stream ? streamed(events) : completion("Hi", usage(10, 2)))(response, call);
      });
      const leaving = new AbortController();
      const asking = client.post(chat({ stream }), { signal: leaving.signal }).catch(() => "left");
      await world.provider.call(calls + 1);
      const [requestId] = (await world.router.ledger.account(client.accountId))?.holds.keys() ?? [];
      leaving.abort();
      expect(await asking).toBe("left");
      answered.resolve();
      expect(await client.ended(requestId ?? "")).toMatchObject({
        amountPicoUsd: -COST,
        charge: { outcome: "completed", estimated: false },
      });
    },
  );
});

async function lastCap(route: number): Promise<unknown> {
  const body = world.providers[route]?.calls.at(-1)?.json;
  return typeof body === "object" && body !== null && Reflect.get(body, "max_completion_tokens");
}
