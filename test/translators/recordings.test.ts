/** Every recorded exchange of the translated providers, through the whole product and OpenAI's SDK. */
import Table from "cli-table3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAiSchema, type Problems, whyNoOpenAiSchema } from "../contract/openai-schema.ts";
import { expectToldInDocs } from "../contract/replay-table.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { bedrockWire } from "./bedrock-wire.ts";
import { cohereWire } from "./cohere-wire.ts";
import { charged, costPicoUsd, exchange, type Replay, type Seen, startReplay } from "./replay.ts";
import { type Reading, recordOf, type Wire, type WireRecording, whyNoRecordings } from "./wire.ts";

/** As docs/providers.md calls them. A provider more is a line more. */
const WIRES: readonly (readonly [string, () => Wire])[] = [
  ["Anthropic", anthropicWire],
  ["Bedrock", bedrockWire],
  ["Cohere", cohereWire],
];

if (whyNoRecordings) console.log(`Not replayed: ${whyNoRecordings}`);
const noSchema = whyNoOpenAiSchema();
if (noSchema) console.log(`Not validated by OpenAI's schema: ${noSchema}`);

let wholeProblems: Problems = () => [];
let chunkProblems: Problems = () => [];
let errorProblems: Problems = () => [];
beforeAll(() => {
  if (noSchema) return;
  wholeProblems = openAiSchema("CreateChatCompletionResponse");
  chunkProblems = openAiSchema("CreateChatCompletionStreamResponse");
  errorProblems = openAiSchema("ErrorResponse");
});

const rows: (string | number)[][] = [];
afterAll(() => {
  const table = new Table({
    head: ["provider", "exchanges", "whole", "streams", "errors", "passed"],
    style: { head: [] },
  });
  table.push(...rows);
  if (rows.length > 0) console.log(table.toString());
});

function expectSame(seen: Seen, reading: Reading): void {
  expect(seen.text).toBe(reading.text);
  expect(seen.reasoning).toBe(reading.reasoning);
  expect(seen.toolCalls).toEqual(reading.toolCalls);
  if (!reading.usage || reading.fails) return;
  const { input, cacheRead, cacheWrite, output } = reading.usage;
  const prompt = input + cacheRead + cacheWrite;
  expect(seen.usage).toMatchObject({
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    completion_tokens_details: { reasoning_tokens: reading.usage.reasoning },
  });
}

/** To the picodollar, from the recorded JSON. @returns what was charged */
async function expectCharge(at: Replay, seen: Seen, reading: Reading): Promise<bigint> {
  const request = await charged(at, seen.requestId);
  if (reading.fails) expect(request).toMatchObject({ outcome: "broken" });
  else expect(request).toMatchObject({ outcome: "completed", estimated: reading.usage === undefined });
  if (reading.usage && !reading.fails) expect(request?.["costPicoUsd"]).toBe(costPicoUsd(reading.usage));
  const line = at.router.lines.find(({ requestId }) => requestId === seen.requestId);
  expect(line?.alarm).toBeUndefined();
  return BigInt(String(request?.["costPicoUsd"]));
}

for (const [name, wireOf] of WIRES) {
  const wire = wireOf();
  const all = wire.recordings;
  const answered = all.filter(({ status }) => status === 200);
  const named = (some: readonly WireRecording[]) => some.map((it) => [it.file, it] as const);

  describe.skipIf(all.length === 0)(`recorded exchanges of ${wire.name}`, () => {
    let at: Replay;
    let chargedPicoUsd = 0n;
    const passed = new Set<string>();
    beforeAll(async () => {
      at = await startReplay(wire);
    });
    afterAll(async () => {
      const account = await at.router.ledger.account(at.router.accountId);
      await at.close();
      const streams = answered.filter(({ isStream }) => isStream).length;
      const errors = all.length - answered.length;
      rows.push([wire.name, all.length, answered.length - streams, streams, errors, passed.size]);
      // What was charged request by request is what is gone.
      expect(account?.holds.size).toBe(0);
      expect(account?.postedPicoUsd).toBe(1_000_000n * 10n ** 12n - chargedPicoUsd);
      expect(passed.size).toBe(all.length);
    });

    test.each(named(answered))("%s: nothing is lost, and it is charged as it says", async (_, recording) => {
      const seen = await exchange(at, recording);
      const reading = wire.read(recording);
      if (reading.fails) expect(seen.error).toMatchObject({ code: "upstream_error" });
      else {
        expect(seen.error).toBeUndefined();
        expect(seen.finish).toBe(reading.finish);
      }
      expectSame(seen, reading);
      const problems = recording.isStream ? chunkProblems : wholeProblems;
      expect(seen.answers.flatMap(problems)).toEqual([]);
      chargedPicoUsd += await expectCharge(at, seen, reading);
      passed.add(recording.file);
    });

    test.each(named(all.filter(({ status }) => status !== 200)))(
      "%s: an error in OpenAI's form, nothing of the operator's in it, nothing charged",
      async (_, recording) => {
        const seen = await exchange(at, recording);
        expect([400, 413, 429, 502]).toContain(seen.error?.status);
        expect(errorProblems({ error: seen.error?.error })).toEqual([]);
        expect(seen.error?.message).not.toMatch(/api-key|security token|identifier|request_id|req_01/i);
        const { message } = recordOf(seen.error?.error);
        if (seen.error?.status === recording.status) expect(recording.bytes.toString()).toContain(message);
        const request = await charged(at, seen.requestId);
        expect(request).toMatchObject({ outcome: "failed", costPicoUsd: 0n });
        passed.add(recording.file);
      },
    );

    test("docs/providers.md says what was replayed", () => {
      expectToldInDocs({ name, folder: wire.name, files: all.map(({ file }) => file), passed: passed.size });
    });
  });
}
