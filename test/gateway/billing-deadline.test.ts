import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeOwedSettle } from "../../lambda/core/owed-settle.ts";
import { hang, json, sse, stream } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { expectError, openWorld, PRICE, type World } from "./world.ts";

/** The function lives for 15 minutes. With 27 seconds left the upstream is stopped and SETTLE begins. */
const TO_THE_DEADLINE_MS = 15 * 60_000 - 27_000;
/** What SETTLE may take before the queue's turn comes, and the queue before the line's. */
const [FOR_SETTLE_MS, FOR_QUEUE_MS] = [14_000, 12_000];
const ESTIMATE = 9n * PRICE.input + 2n * PRICE.output;
const [HEL = "", LO = ""] = sse(chunk("Hel"), chunk("lo"));
const [END = ""] = [sse(usageChunk(usage(10, 2)), "[DONE]").join("")];

const timers = manualTimers();
let world: World;
beforeAll(async () => {
  world = await openWorld({ timers });
});
afterAll(() => world.close());

/** The next call, as soon as it has reached the provider. */
function nextCall() {
  return world.provider.call(world.provider.calls.length + 1);
}

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (!response.body) throw new Error("no body");
  return response.body.getReader();
}

/** Reads until so much text has come. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, end: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.endsWith(end)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

describe("at the function's deadline", () => {
  test.each([
    ["by its text where nothing was counted", {}, ESTIMATE, true],
    ["by what was counted", { usage: usage(10, 2) }, 10n * PRICE.input + 2n * PRICE.output, false],
  ])("a stream is stopped and charged %s", async (_, counted, amount, estimated) => {
    const client = await world.client();
    world.provider.next(streamed([chunk("Hel"), { ...chunk("lo"), ...counted }], { ending: "hang" }));
    const arriving = nextCall();
    const response = await client.post(chat({ stream: true }));
    const reader = readerOf(response);
    expect(await readUntil(reader, LO)).toBe(HEL + LO);
    timers.advance(TO_THE_DEADLINE_MS - 1);
    expect((await world.router.ledger.account(client.accountId))?.holds.size).toBe(1);
    timers.advance(1);
    const rest = await readUntil(reader, "the end");
    expect(JSON.parse(rest.slice(rest.lastIndexOf("data: ") + 6))).toMatchObject({
      error: { code: "upstream_timeout" },
    });
    expect(rest).not.toContain("[DONE]");
    expect(await (await arriving).ended).toBe("broken");
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: -amount,
      charge: { outcome: "aborted", estimated, provider: "p1" },
    });
  });

  test("a stream that has said nothing is in suspense, with what it may cost", async () => {
    const client = await world.client();
    world.provider.next(stream([": wait\n\n"], { ending: "hang" }));
    const before = timers.pending;
    const asking = client.post(chat({ stream: true }));
    // The deadline's timer, and that of its patience: then the headers go out, with a comment behind them.
    await vi.waitFor(() => expect(timers.pending).toBe(before + 2), { timeout: 20_000 });
    timers.advance(15_000);
    const response = await asking;
    const heldPicoUsd = await client.held();
    timers.advance(TO_THE_DEADLINE_MS);
    expect(await response.text()).toContain('"code":"upstream_timeout"');
    const entry = await client.ended(response);
    expect(entry).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "suspense", possibleCostPicoUsd: heldPicoUsd },
    });
  });

  test("a stream whose answer never began is a 504, in suspense", async () => {
    const client = await world.client();
    world.provider.next(hang);
    const arriving = nextCall();
    const asking = client.post(chat({ stream: true }));
    const call = await arriving;
    const heldPicoUsd = await client.held();
    timers.advance(TO_THE_DEADLINE_MS);
    await expectError(await asking, { status: 504, code: "upstream_timeout" });
    expect(await call.ended).toBe("broken");
    expect(await client.ended(await asking)).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "suspense", possibleCostPicoUsd: heldPicoUsd },
    });
  });
});

describe("where the ledger hangs at the deadline", () => {
  /** A stream of which something was charged, stopped at the deadline, and its SETTLE under way. */
  async function hangingSettle() {
    const client = await world.client();
    const settle = vi.spyOn(world.router.ledger, "settle").mockReturnValue(new Promise(() => {}));
    world.provider.next(
      streamed([chunk("Hel"), { ...chunk("lo"), usage: usage(10, 2) }], { ending: "hang" }),
    );
    const response = await client.post(chat({ stream: true }));
    const reader = readerOf(response);
    await readUntil(reader, LO);
    timers.advance(TO_THE_DEADLINE_MS);
    await vi.waitFor(() => expect(settle).toHaveBeenCalledOnce());
    return { client, response, settle };
  }
  const owed = { costPicoUsd: 10n * PRICE.input + 2n * PRICE.output };

  test("the charge is in the queue before the function is stopped, and is written once", async () => {
    const { client, response, settle } = await hangingSettle();
    const put = vi.spyOn(world.router.owedSettles, "put");
    timers.advance(FOR_SETTLE_MS - 1);
    await turns();
    expect(put).not.toHaveBeenCalled();
    timers.advance(1);
    await vi.waitFor(() => expect(put).toHaveBeenCalledWith(expect.objectContaining(owed)));
    expect((await world.line(response)).alarm).toBe("settle_queued: OutOfTime");
    settle.mockRestore();
    put.mockRestore();
    await world.router.sweep();
    expect(await client.ended(response)).toMatchObject({ amountPicoUsd: -owed.costPicoUsd });
  });

  test("and the queue hangs too, the line tells the charge whole before the function is stopped", async () => {
    const { response, settle } = await hangingSettle();
    const put = vi.spyOn(world.router.owedSettles, "put").mockReturnValue(new Promise(() => {}));
    timers.advance(FOR_SETTLE_MS);
    await vi.waitFor(() => expect(put).toHaveBeenCalledOnce());
    timers.advance(FOR_QUEUE_MS - 1);
    await turns();
    expect(world.router.lines.at(-1)?.alarm).not.toBe("settle_failed: OutOfTime");
    timers.advance(1);
    const line = await world.line(response);
    expect(line.alarm).toBe("settle_failed: OutOfTime");
    expect(decodeOwedSettle(line.owedSettle ?? "")).toMatchObject(owed);
    settle.mockRestore();
    put.mockRestore();
  });
});

/** As many as any chain of promises in the way of a charge. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a client that has stopped reading", () => {
  test("is charged at the deadline, and the provider was never let run ahead of it", async () => {
    const client = await world.client();
    const piece = sse(chunk("word ".repeat(50_000))).join("");
    const pieces = 256;
    let sent = 0;
    const pace = async () => void sent++;
    world.provider.next(stream([...sse(chunk("Hello")), ...Array(pieces).fill(piece)], { pace }));
    const response = await client.post(chat({ stream: true, max_completion_tokens: 100 }));
    const heldPicoUsd = await client.held();
    await standstill(() => sent);
    expect(sent).toBeLessThan(pieces);
    timers.advance(TO_THE_DEADLINE_MS);
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: -heldPicoUsd,
      charge: { outcome: "aborted", estimated: true },
    });
    await response.body?.cancel();
  });
});

describe("after 285 seconds without a byte", () => {
  test("a whole answer is given up: 504 that says to stream, and is not to be retried", async () => {
    const client = await world.client();
    world.provider.next(hang);
    const arriving = nextCall();
    const asking = client.post(chat());
    const call = await arriving;
    const heldPicoUsd = await client.held();
    timers.advance(284_999);
    expect(await client.held()).toBe(heldPicoUsd);
    timers.advance(1);
    const response = await asking;
    const message = await expectError(response, { status: 504, code: "upstream_timeout" });
    expect(message).toContain("stream: true");
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await call.ended).toBe("broken");
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "suspense", possibleCostPicoUsd: heldPicoUsd },
    });
  });
});

describe("while a stream is silent", () => {
  test("a comment goes out every 15 seconds, and events take its place", async () => {
    const client = await world.client();
    const gates = [HEL, LO].map(() => Promise.withResolvers<void>());
    const pace = async (index: number) => gates[index - 1]?.promise;
    world.provider.next(stream([HEL, LO, END], { pace }));
    const response = await client.post(chat({ stream: true }));
    const reader = readerOf(response);
    expect(await readUntil(reader, "\n\n")).toBe(HEL);
    timers.advance(15_000);
    expect(await readUntil(reader, "\n\n")).toBe(": keep-alive\n\n");
    timers.advance(14_999);
    gates[0]?.resolve();
    expect(await readUntil(reader, "\n\n")).toBe(LO);
    timers.advance(14_999);
    gates[1]?.resolve();
    expect(await readUntil(reader, "the end")).toBe("data: [DONE]\n\n");
    expect((await client.ended(response)).charge).toMatchObject({ outcome: "completed" });
  });
});

test("a request that has ended leaves no timer behind", async () => {
  const client = await world.client();
  await vi.waitFor(() => expect(timers.pending).toBe(0));
  world.provider.next(completion("Hi", usage(1, 1)), stream([HEL, LO, END]), json({}));
  await client.ended(await client.post(chat()));
  const response = await client.post(chat({ stream: true }));
  await response.text();
  await client.ended(response);
  await client.ended(await client.post(chat()));
  await vi.waitFor(() => expect(timers.pending).toBe(0));
});

/** Resolves when the count has not moved for a while. */
async function standstill(count: () => number): Promise<void> {
  let last = -1;
  await vi.waitFor(
    () => {
      const now = count();
      const moved = now !== last;
      last = now;
      if (moved || now === 0) throw new Error("it moves");
    },
    { timeout: 20_000, interval: 250 },
  );
}
