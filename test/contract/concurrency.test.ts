/** Two hundred streams at once on a balance that covers fifty: nobody is overdrawn, and nothing is lost. */
import { APIError, OpenAI } from "openai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatUsd } from "../../lambda/core/money.ts";
import { type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { expectSoundBooks } from "./books.ts";
import { COST_PICO_USD, gate, REQUEST, slowStream } from "./slow-stream.ts";

const REQUESTS = 200;
const COVERED = 50;

let provider: ProviderServer;
let router: Router | undefined;
beforeEach(async () => {
  provider = await startProviderServer();
});
afterEach(async () => {
  await provider.close();
  await router?.close();
});

/** A stream that has begun, or why it has not. */
async function begin({ baseUrl, key }: Router) {
  const client = new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
  try {
    return { stream: await client.chat.completions.create(REQUEST) };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { error };
  }
}

async function accountOf({ ledger, accountId }: Router) {
  const account = await ledger.account(accountId);
  if (!account) throw new Error("the account is gone");
  return account;
}

/** What one such request holds, as the product itself says. */
async function holdPicoUsd(): Promise<bigint> {
  const probe = await startRouter({ providerUrl: provider.baseUrl });
  const { opened, open } = gate();
  provider.next(slowStream(opened));
  await begin(probe);
  const { postedPicoUsd, availablePicoUsd } = await accountOf(probe);
  open();
  await probe.close();
  return postedPicoUsd - availablePicoUsd;
}

/** Reads the balance over and over until told to stop. @returns the least that was ever available, and the most holds. */
function watchBalance(watched: Router) {
  let isOver = false;
  const reading = (async () => {
    let reads = 0;
    let { availablePicoUsd: least, holds } = await accountOf(watched);
    let most = holds.size;
    while (!isOver) {
      const account = await accountOf(watched);
      if (account.availablePicoUsd < least) least = account.availablePicoUsd;
      most = Math.max(most, account.holds.size);
      reads += 1;
    }
    return { least, most, reads };
  })();
  return {
    stop: () => {
      isOver = true;
      return reading;
    },
  };
}

// The embedded store does one thing at a time, and this is its hardest test.
test("Of 200 streams at once on a balance for 50 holds, 50 run and 150 get 402, and the books are exact.", async () => {
  const creditPicoUsd = BigInt(COVERED) * (await holdPicoUsd());
  router = await startRouter({ providerUrl: provider.baseUrl, creditUsd: formatUsd(creditPicoUsd) });
  const started: Router = router;
  const callsBefore = provider.calls.length;
  const { opened, open } = gate();
  provider.always(slowStream(opened));

  const watch = watchBalance(started);
  const begun = await Promise.all(Array.from({ length: REQUESTS }, () => begin(started)));
  const streams = begun.flatMap(({ stream }) => (stream ? [stream] : []));
  const errors = begun.flatMap(({ error }) => (error ? [error] : []));
  expect([streams.length, errors.length]).toEqual([COVERED, REQUESTS - COVERED]);
  for (const error of errors) {
    expect(error).toMatchObject({ status: 402, code: "insufficient_balance" });
    // Open requests hold the rest, so it may work in a moment.
    expect(error.headers?.get("x-should-retry")).toBe("true");
    expect(Number(error.headers?.get("retry-after"))).toBeGreaterThan(0);
  }
  expect(provider.calls.length - callsBefore).toBe(COVERED);
  const full = await expectSoundBooks(started, started.accountId);
  expect(full.holds.size).toBe(COVERED);
  expect(full.availablePicoUsd).toBe(0n);

  open();
  for (const stream of streams) {
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("Hold on");
  }
  const { least, most, reads } = await watch.stop();
  expect({ least, most }).toEqual({ least: 0n, most: COVERED });
  console.log(`${streams.length} admitted, ${errors.length} refused; the balance was read ${reads} times`);

  // A stream's last event waits for its charge, but not for ever.
  while ((await accountOf(started)).holds.size > 0);
  const account = await expectSoundBooks(started, started.accountId);
  expect(account.availablePicoUsd).toBe(account.postedPicoUsd);
  expect(account.postedPicoUsd).toBe(creditPicoUsd - BigInt(COVERED) * COST_PICO_USD);
  expect(account.writeOffPicoUsd).toBe(0n);
  expect(provider.calls.length - callsBefore).toBe(COVERED);
}, 120_000);
