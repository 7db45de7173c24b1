/** The process that `npm start` runs: killed, stopped, started twice, started for the first time. */
import { execFile, spawnSync } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { OpenAI } from "openai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeHold } from "../../lambda/core/hold.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { systemTimers } from "../../local/runtime.ts";
import { type Behavior, json, type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { startRouter } from "../fakes/router.ts";
import { expectSoundBooks, onlyAccountId, withBooksAt } from "./books.ts";
import { type LocalFolder, type LocalProcess, newLocalFolder } from "./local-process.ts";
import { picoUsd, record } from "./recorded-exchange.ts";
import { COST_PICO_USD, gate, REQUEST, slowStream, USED } from "./slow-stream.ts";

const WELCOME_PICO_USD = 25n * 10n ** 12n;
const HAS_CURL = spawnSync("curl", ["--version"]).error === undefined;
if (!HAS_CURL) console.log("The printed curl line is not run: there is no curl on this machine");

// Every start is a process of its own, seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let provider: ProviderServer;
let folder: LocalFolder;
beforeEach(async () => {
  provider = await startProviderServer();
  folder = newLocalFolder(provider.baseUrl);
});
afterEach(async () => {
  await folder.remove();
  await provider.close();
});

function keyIn({ stdout }: LocalProcess): string {
  return /wlrouter_\w+/.exec(stdout.text())?.[0] ?? "";
}

function clientOf({ baseUrl }: LocalProcess, apiKey: string): OpenAI {
  return new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
}

/** A stream that has begun. */
async function beginStream(client: OpenAI) {
  const { data, response } = await client.chat.completions.create(REQUEST).withResponse();
  return { stream: data, requestId: response.headers.get("x-request-id") ?? "" };
}

/** A whole answer. @returns the request's id. */
async function ask(client: OpenAI): Promise<string> {
  const { response } = await client.chat.completions.create({ ...REQUEST, stream: false }).withResponse();
  return response.headers.get("x-request-id") ?? "";
}

const WHOLE = json({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "upstream-model",
  choices: [{ index: 0, message: { role: "assistant", content: "Hold on" }, finish_reason: "stop" }],
  usage: USED,
});

/** Whole answers at once; streams begin and wait. */
function answering(mayEnd: Promise<void>): Behavior {
  const streaming = slowStream(mayEnd);
  return (response, call) => (record(call.json)?.["stream"] === true ? streaming : WHOLE)(response, call);
}

const valuesOf = <T>(results: readonly PromiseSettledResult<T>[]) =>
  results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));

/** Each start is killed when so many of a burst of requests are with the provider: amid holds, answers and charges. */
const KILLED_AT = [1, 6, 12];
const BURST = 12;
/** The longest request, 15 minutes, and the two by which a hold outlives it. */
const AFTER_EXPIRY_MS = 17 * 60_000;

/** Sends a burst, half of it streams, and kills the server in the middle. @returns the ids of what got through. */
async function killInBurst(local: LocalProcess, client: OpenAI, killedAt: number) {
  const callsBefore = provider.calls.length;
  const half = Array.from({ length: BURST / 2 });
  const whole = Promise.allSettled(half.map(() => ask(client)));
  const streams = Promise.allSettled(half.map(() => beginStream(client)));
  await provider.call(callsBefore + killedAt);
  local.kill("SIGKILL");
  expect(await local.ended).toBe("SIGKILL");
  return {
    answered: valuesOf(await whole),
    open: valuesOf(await streams).map(({ requestId }) => requestId),
  };
}

test("Killed amid streams, three times over, it starts again with sound books, open holds and the same key.", async () => {
  const { opened, open } = gate();
  provider.always(answering(opened));
  let local = await folder.start();
  const key = keyIn(local);
  const answered: string[] = [];
  const holding: string[] = [];
  for (const killedAt of KILLED_AT) {
    const client = clientOf(local, key);
    answered.push(await ask(client));
    holding.push((await beginStream(client)).requestId);
    const burst = await killInBurst(local, client, killedAt);
    answered.push(...burst.answered);
    holding.push(...burst.open);

    local = await folder.start();
    expect(keyIn(local)).toBe("");
    const account = await withBooksAt(local.dynamodbEndpoint, async (books) =>
      expectSoundBooks(books, await onlyAccountId(books)),
    );
    for (const requestId of holding) {
      const hold = decodeHold(account.holds.get(requestId) ?? "");
      expect(hold.expiresAtMs).toBeGreaterThan(Date.now());
    }
    // Whoever got an answer has been charged for it, once and for ever.
    for (const requestId of answered) {
      const { body } = await get(local, key, `/requests/${requestId}`);
      expect(body).toMatchObject({ outcome: "completed", estimated: false });
      expect(picoUsd(body?.["cost"])).toBe(COST_PICO_USD);
    }
  }
  open();
  console.log(
    `${answered.length} answers and ${holding.length} open streams survived ${KILLED_AT.length} kills`,
  );
  expect(await ask(clientOf(local, key))).toMatch(/^req_/);
  local.kill("SIGKILL");
  await local.ended;
  await expectHoldsToExpire();
});

/** What crashes left held comes back, at no charge, when it has expired. */
async function expectHoldsToExpire(): Promise<void> {
  const dynamo = await startDynamo(path.join(folder.data, "dynamodb"));
  const later = { ...systemTimers, nowMs: () => Date.now() + AFTER_EXPIRY_MS };
  const router = await startRouter({ dynamo, timers: later });
  await router.sweep();
  for await (const { accountId } of router.accounts.all()) {
    const account = await expectSoundBooks(router, accountId);
    expect(account.holds.size).toBe(0);
    expect(account.availablePicoUsd).toBe(account.postedPicoUsd);
  }
  await router.close();
  await dynamo.close();
}

test("A second start on the same folder says so and ends, and the first goes on.", async () => {
  provider.always(WHOLE);
  const local = await folder.start();
  const { exitCode, stderr } = await folder.startInVain();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`WLRouter is running on ${folder.data} already`);
  expect(stderr).not.toMatch(/\n +at /);
  expect(folder.has("local.json")).toBe(true);
  expect(await ask(clientOf(local, keyIn(local)))).toMatch(/^req_/);
});

test("Ctrl-C lets an open stream finish, settle and drain, and leaves nothing behind that says it runs.", async () => {
  const { opened, open } = gate();
  provider.always(answering(opened));
  const local = await folder.start();
  const { stream, requestId } = await beginStream(clientOf(local, keyIn(local)));
  local.kill("SIGINT");
  await local.stderr.has(/Stopping/);
  await expect(fetch(`${local.baseUrl}/models`)).rejects.toThrow();
  open();
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  expect(text).toBe("Hold on");
  expect(await local.ended).toBe(0);
  expect([folder.has("local.json"), folder.has("lock")]).toEqual([false, false]);

  const dynamo = await startDynamo(path.join(folder.data, "dynamodb"));
  await withBooksAt(dynamo.endpoint, async (books) => {
    const account = await expectSoundBooks(books, await onlyAccountId(books));
    expect([account.holds.size, account.outbox.size]).toEqual([0, 0]);
    expect(account.postedPicoUsd).toBe(WELCOME_PICO_USD - COST_PICO_USD);
    const entry = await books.ledger.entry(account.accountId, requestId);
    expect(entry?.charge?.outcome).toBe("completed");
  });
  await dynamo.close();
});

test.skipIf(!HAS_CURL)(
  "A fresh folder prints base URL, key and a curl line that answers as it is printed.",
  async () => {
    const fresh = newLocalFolder();
    try {
      const local = await fresh.start();
      expect(local.stdout.text()).toContain(`Base URL   ${local.baseUrl}\n`);
      expect(local.stdout.text()).toMatch(/Key +wlrouter_[0-9A-Za-z]{49} /);
      const line = /^ +(curl .*)$/m.exec(local.stdout.text())?.[1] ?? "";
      const { stdout } = await promisify(execFile)("sh", ["-c", line]);
      expect(JSON.parse(stdout)).toMatchObject({
        object: "chat.completion",
        choices: [{ message: { role: "assistant", content: "Hello from WLRouter" }, finish_reason: "stop" }],
        request_id: expect.stringMatching(/^req_/),
      });
      const { body } = await get(local, keyIn(local), "/balance");
      const { cost } = JSON.parse(stdout).usage;
      expect(picoUsd(body?.["posted"])).toBe(WELCOME_PICO_USD - picoUsd(cost));
      expect(picoUsd(cost)).toBeGreaterThan(0n);
    } finally {
      await fresh.remove();
    }
  },
);

async function get(local: LocalProcess, key: string, route: string) {
  const answer = await fetch(`${local.baseUrl}${route}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: answer.status, body: record(await answer.json()) };
}
