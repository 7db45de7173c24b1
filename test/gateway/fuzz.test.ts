import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { verifyAccount } from "../../lambda/core/verify.ts";
import { chat, completion, streamed, usage, usageChunk } from "./completions.ts";
import { anyBehavior, anyBody } from "./fuzz-arbitraries.ts";
import { type Client, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

/** `WLROUTER_SEED=… vitest run test/gateway/fuzz.test.ts` draws the same requests and answers again. */
const SEED = Number(process.env["WLROUTER_SEED"] ?? Date.now() % 2 ** 31);
const BOUNDS = { seed: SEED, numRuns: 250, interruptAfterTimeLimit: 6_000, markInterruptAsFailure: false };
const CREDIT_USD = "1000";

let world: World;
beforeAll(async () => {
  console.log(`gateway fuzz, WLROUTER_SEED=${SEED}`);
  world = await openWorld();
});
afterAll(() => world.close());

/** What must be so after every request, whoever sent garbage. */
async function expectSound(client: Client): Promise<void> {
  const { accountId } = client;
  const verdict = await verifyAccount({
    account: () => world.router.ledger.account(accountId),
    entries: (order) => world.router.accounts.entriesById(accountId, order),
  });
  expect(verdict).toMatchObject({ violations: [], decided: true });
  for await (const entry of world.router.accounts.entriesById(accountId, { newestFirst: false })) {
    if (entry.type !== "charge") continue;
    expect(entry.amountPicoUsd).toBeLessThanOrEqual(0n);
    expect(entry.writeOffPicoUsd).toBeGreaterThanOrEqual(0n);
  }
  expect(world.router.lines.filter(({ alarm }) => alarm?.startsWith("bug"))).toEqual([]);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

test("whatever a client sends, it is answered or refused, and no call goes out without its hold", async () => {
  const client = await world.client({ creditUsd: CREDIT_USD });
  const unheld: unknown[] = [];
  world.provider.always(async (response, call) => {
    const cap = Number(field(call.json, "max_completion_tokens"));
    const choices = Number(field(call.json, "n") ?? 1);
    const isBounded = Number.isInteger(cap) && cap >= 1 && field(call.json, "max_tokens") === undefined;
    if (!isBounded || (await client.held()) <= BigInt(cap * choices) * PRICE.output) unheld.push(call.json);
    const asStream = field(call.json, "stream") === true;
    const answer = asStream ? streamed([usageChunk(usage(3, 1)), "[DONE]"]) : completion("Hi", usage(3, 1));
    await answer(response, call);
  });
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      const calls = world.upstreamCalls();
      const response = await client.post("", { body: Buffer.from(body) });
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      expect({ text, status: response.status }).toSatisfy(({ status }) =>
        [200, 400, 402, 404].includes(status),
      );
      expect(world.upstreamCalls() - calls).toBe(response.status === 200 ? 1 : 0);
      if (response.status === 200) await client.ended(response);
      else expect(await client.held()).toBe(0n);
    }),
    BOUNDS,
  );
  console.log("answered:", Object.fromEntries(statuses));
  expect(unheld).toEqual([]);
  await expectSound(client);
});

test("whatever a provider answers, the client gets a whole answer or an error, and the hold is ended once", async () => {
  const client = await world.client({ creditUsd: CREDIT_USD });
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(anyBehavior, fc.boolean(), fc.boolean(), async (behavior, asStream, include_usage) => {
      const before = await world.router.ledger.account(client.accountId);
      world.provider.next(behavior);
      const fields = { max_completion_tokens: 500, stream: asStream, stream_options: { include_usage } };
      const response = await client.post(chat(asStream ? fields : { max_completion_tokens: 500 }));
      const text = await response.text();
      expect(response.status).not.toBe(500);
      expect(text).not.toContain("internal_error");
      const { charge, amountPicoUsd, writeOffPicoUsd } = await client.ended(requestIdOf(response));
      if (asStream && response.status === 200) {
        const isWhole = text.endsWith("data: [DONE]\n\n");
        expect(isWhole).toBe(charge?.outcome === "completed");
        if (!isWhole) expect(text).toMatch(/data: \{"error":\{.*"request_id":"req_[^"]*"\}\}\n\n$/);
      }
      if (charge?.outcome === "failed") expect(amountPicoUsd).toBe(0n);
      if (charge?.estimated) expect(writeOffPicoUsd).toBe(0n);
      const after = await world.router.ledger.account(client.accountId);
      expect(after?.sequence).toBe((before?.sequence ?? 0) + 1);
      outcomes.set(charge?.outcome ?? "", (outcomes.get(charge?.outcome ?? "") ?? 0) + 1);
    }),
    BOUNDS,
  );
  console.log("ended:", Object.fromEntries(outcomes));
  await expectSound(client);
  const account = await world.router.ledger.account(client.accountId);
  expect(account?.postedPicoUsd).toBeGreaterThan(parseUsd(CREDIT_USD) / 2n);
});
