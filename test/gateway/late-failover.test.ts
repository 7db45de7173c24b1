/** A first route that is silent for so long that the client already has its headers, and fails then. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Behavior, failure } from "../fakes/provider-server.ts";
import { chat } from "./completions.ts";
import { FINE } from "./fault-cells.ts";
import { type ManualTimers, manualTimers } from "./manual-timers.ts";
import { openWorld, PRICE, type World } from "./world.ts";

const PATIENCE_MS = 15_000;
const COST = 10n * PRICE.input + 2n * PRICE.output;

let timers: ManualTimers;
let world: World;
beforeAll(async () => {
  timers = manualTimers();
  world = await openWorld({ routes: 2, timers });
});
afterAll(() => world.close());

/** Says nothing but that it is there, until it is told to go away. */
function silentUntil(gone: Promise<void>): Behavior {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": wait\n\n");
    await gone;
    response.destroy();
  };
}

/** A stream whose headers the client has, with the first route still silent. */
async function headersWithoutAnswer(second: Behavior) {
  const client = await world.client();
  const [p1, p2] = world.providers;
  const gone = Promise.withResolvers<void>();
  p1?.next(silentUntil(gone.promise));
  p2?.next(second);
  const before = timers.pending;
  const asking = client.post(chat({ stream: true }));
  // The deadline's timer, and that of the patience with a silent stream.
  await vi.waitFor(() => expect(timers.pending).toBe(before + 2), { timeout: 20_000 });
  timers.advance(PATIENCE_MS);
  return { client, response: await asking, fail: gone.resolve };
}

describe("a first route that fails after the client has its headers", () => {
  test("is followed by the second: a comment names it, and its answer alone is charged", async () => {
    const { client, response, fail } = await headersWithoutAnswer(FINE.streamed);
    expect([response.status, response.headers.get("x-wlrouter-provider")]).toEqual([200, "p1"]);
    fail();
    const text = await response.text();
    expect(text).toContain(": x-wlrouter-provider: p2\n\n");
    expect(text).toContain('"content":"Hi"');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(text).not.toContain('"error"');
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: -COST,
      charge: { provider: "p2", outcome: "completed", tried: "p1:reset" },
    });
  });

  test("and whose second fails too ends in an error, never a clean end, and nothing is charged", async () => {
    const { client, response, fail } = await headersWithoutAnswer(failure(500));
    fail();
    const text = await response.text();
    expect(text).toContain('"code":"upstream_error"');
    expect(text).not.toContain("[DONE]");
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "failed" },
    });
  });
});
