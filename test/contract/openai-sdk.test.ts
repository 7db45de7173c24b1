/** OpenAI's SDK against the running product, whose provider answers with what real providers once did. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonical } from "../fakes/canonical.ts";
import { aiSdkRecordings, chatRecordings, isStream, type Recording } from "../fakes/recordings.ts";
import { expectedAnswers, withCostsRead } from "./expected-answers.ts";
import { openAiSchema, type Problems, whyNoOpenAiSchema } from "./openai-schema.ts";
import { picoUsd, record, recordedChunks, recordedCostPicoUsd, recordedUsage } from "./recorded-exchange.ts";
import { charged, exchange, type Replay, requestOf, type Seen, startReplay } from "./replay.ts";
import { expectToldInDocs } from "./replay-table.ts";

/** As docs/providers.md calls them. */
const NAMES: Readonly<Record<string, string>> = {
  openai: "OpenAI",
  deepseek: "DeepSeek",
  groq: "Groq",
  mistral: "Mistral",
  xai: "xAI",
  openrouter: "OpenRouter",
  cerebras: "Cerebras",
  zai: "Z.ai",
  alibaba: "Alibaba",
  moonshot: "Moonshot",
  perplexity: "Perplexity",
};
const PROVIDERS = Object.keys(NAMES);
/** Answers of the old completions API. */
const NOT_CHAT = /openai-completion-text/;
const all = PROVIDERS.flatMap((name) => [...chatRecordings(name), ...aiSdkRecordings(name)]).filter(
  ({ file }) => !NOT_CHAT.test(file),
);
const named = (recordings: readonly Recording[]) => recordings.map((it) => [it.file, it] as const);
const answered = all.filter(({ status }) => status === 200);
/** It states 11 tokens of reasoning within 10 of output, beside its error. */
const ABSURD = "openrouter/chat.stream.reasoning.01.response.sse";
const breaksOff = (recording: Recording) => recordedChunks(recording).some((chunk) => "error" in chunk);

/** Each changes the price and has none here, so it is refused; the recording is then replayed without it. */
const PRICED_FIELDS = ["web_search_options", "plugins"];
/** OpenRouter's routing: whoever answers is decided here before the recorded provider is asked. */
const ROUTING_FIELDS = ["models", "provider", "route"];

const whyNoSchema = whyNoOpenAiSchema();
if (whyNoSchema) console.log(`Not validated by OpenAI's schema: ${whyNoSchema}`);

let at: Replay;
let wholeProblems: Problems;
let chunkProblems: Problems;
let errorProblems: Problems;
let chargedPicoUsd = 0n;
const tally = new Map<string, Set<string>>();

beforeAll(async () => {
  at = await startReplay();
  wholeProblems = whyNoSchema ? () => [] : openAiSchema("CreateChatCompletionResponse");
  chunkProblems = whyNoSchema ? () => [] : openAiSchema("CreateChatCompletionStreamResponse");
  errorProblems = whyNoSchema ? () => [] : openAiSchema("ErrorResponse");
});

afterAll(async () => {
  const account = await at.router.ledger.account(at.router.accountId);
  await at.close();
  const lines = [...tally]
    .sort()
    .map(([what, files]) => `${files.size} of ${all.length}: ${what}${namesOf(what, files)}`);
  console.log(lines.join("\n"));
  // What was charged request by request is what is gone.
  expect(account?.holds.size).toBe(0);
  expect(account?.postedPicoUsd).toBe(1_000_000n * 10n ** 12n - chargedPicoUsd);
});

/** Where something is left as it is, it is said where. */
function namesOf(what: string, files: ReadonlySet<string>): string {
  return Object.values(LEFT_AS_IT_IS).includes(what) ? ` (${[...files].join(", ")})` : "";
}

/** The last note of each test comes after everything that is expected. */
const END = /equal to the recording|break off|breaks off|^errors|in our words/;

function replayedOf(provider: string) {
  const files = new Set([...tally].flatMap(([what, noted]) => (END.test(what) ? [...noted] : [])));
  const exchanges = all.filter((it) => it.provider === provider).map(({ file }) => file);
  return { files: exchanges, passed: exchanges.filter((file) => files.has(file)).length };
}

function note(what: string, { file }: Recording): void {
  tally.set(what, (tally.get(what) ?? new Set()).add(file));
}

/** A recording's request as it may be sent here, after what may not has been refused without a call upstream. */
async function sendable(recording: Recording, includeUsage: boolean) {
  const request: Record<string, unknown> = { ...requestOf(recording, { includeUsage }) };
  for (const field of ROUTING_FIELDS) Reflect.deleteProperty(request, field);
  for (const field of PRICED_FIELDS.filter((name) => name in request)) {
    const before = at.provider.calls.length;
    const { error, requestId } = await exchange(at, recording, request);
    expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param: field });
    expect(at.provider.calls.length).toBe(before);
    expect(await charged(at, requestId)).toBeUndefined();
    note(`refused for ${field}, then replayed without`, recording);
    Reflect.deleteProperty(request, field);
  }
  if (Array.isArray(request["tools"]) && request["tools"].some(runsAtProvider)) {
    const before = at.provider.calls.length;
    const { error } = await exchange(at, recording, request);
    expect(error).toMatchObject({ status: 400, param: "tools[0].type" });
    expect(at.provider.calls.length).toBe(before);
    note("refused for a tool that runs at the provider, then replayed without", recording);
    request["tools"] = request["tools"].filter((tool) => !runsAtProvider(tool));
  }
  return request;
}

const runsAtProvider = (tool: unknown) => String(record(tool)?.["type"]).includes(":");

async function replayed(recording: Recording, includeUsage: boolean): Promise<Seen> {
  const seen = await exchange(at, recording, await sendable(recording, includeUsage));
  expect(seen.requestId).toMatch(/^req_[\da-f-]{36}$/);
  return seen;
}

/** To the picodollar, from the recorded JSON; where nobody counted, the estimate, marked as one. */
async function expectCharge(recording: Recording, { requestId }: Seen, outcome: string): Promise<void> {
  const request = await charged(at, requestId);
  const usage = recordedUsage(recording);
  const cost = picoUsd(request?.["cost"]);
  chargedPicoUsd += cost;
  expect(request).toMatchObject({ outcome, estimated: usage === undefined, write_off: "0.00" });
  if (usage === undefined) expect(cost).toBeGreaterThan(0n);
  else expect(cost).toBe(recordedCostPicoUsd(usage));
  expect(at.router.lines.find((line) => line.requestId === requestId)?.alarm).toBeUndefined();
  note(usage === undefined ? "no usage was recorded: estimated" : "charged exactly", recording);
}

/** What is not mended: every client lives with the first, and the second tells what no field of OpenAI's can. */
const LEFT_AS_IT_IS: Readonly<Record<string, string>> = {
  "/system_fingerprint: must be string": "a stream's system_fingerprint is null, as OpenAI's own is",
  "/choices/#/message/annotations/#: must have required property 'url_citation'":
    "OpenRouter's annotation of a file",
  "/choices/#/message/annotations/#/type: must be equal to one of the allowed values":
    "OpenRouter's annotation of a file",
};

/** Providers stray from OpenAI's schema, OpenAI among them; what we hand on does not. */
function expectSchema(recording: Recording, { answers }: Seen): void {
  const problems = isStream(recording) ? chunkProblems : wholeProblems;
  const left = new Set(answers.flatMap(problems));
  expect(Object.keys(LEFT_AS_IT_IS)).toEqual(expect.arrayContaining([...left]));
  for (const problem of left) note(LEFT_AS_IT_IS[problem] ?? problem, recording);
  const isMended = recordedChunks(recording).flatMap(problems).length > left.size;
  note(isMended ? "mended to OpenAI's schema" : "valid by OpenAI's schema as it came", recording);
}

describe.skipIf(all.length === 0)("recorded exchanges, through OpenAI's SDK", () => {
  test.each(named(answered.filter((it) => !isStream(it))))(
    "%s is parsed, equal to the recording, and charged as it says",
    async (_, recording) => {
      const seen = await replayed(recording, false);
      expect(seen.error).toBeUndefined();
      expect(withCostsRead(seen.answers).map(canonical)).toEqual(
        expectedAnswers(recording, seen.requestId, true).map(canonical),
      );
      expectSchema(recording, seen);
      await expectCharge(recording, seen, "completed");
      note("whole answers equal to the recording", recording);
    },
  );

  test.each(named(answered.filter((it) => isStream(it) && !breaksOff(it))))(
    "%s streams chunk for chunk, with usage only for who asked, and is charged as it says",
    async (_, recording) => {
      for (const includeUsage of [true, false]) {
        const seen = await replayed(recording, includeUsage);
        expect(seen.error).toBeUndefined();
        const answers = withCostsRead(seen.answers);
        // Who asked for usage and whose provider told none gets an event of ours behind the recorded ones.
        const ours = includeUsage && recordedUsage(recording) === undefined ? answers.splice(-1) : [];
        for (const event of ours) expect(event).toMatchObject({ id: seen.requestId, choices: [] });
        expect(answers.map(canonical)).toEqual(
          expectedAnswers(recording, seen.requestId, includeUsage).map(canonical),
        );
        expectSchema(recording, seen);
        await expectCharge(recording, seen, "completed");
      }
      note("streams equal to the recording, with usage and without", recording);
    },
  );

  test.each(named(answered.filter(({ file }) => file === ABSURD)))(
    "%s breaks off with usage that cannot be: what came is estimated",
    async (_, recording) => {
      const seen = await replayed(recording, true);
      expect(seen.error).toMatchObject({ code: "upstream_error" });
      const request = await charged(at, seen.requestId);
      expect(request).toMatchObject({ outcome: "broken", estimated: true });
      chargedPicoUsd += picoUsd(request?.["cost"]);
      expect(at.router.lines.find(({ requestId }) => requestId === seen.requestId)?.alarm).toBe(
        "usage_implausible",
      );
      note("breaks off with usage that cannot be", recording);
    },
  );

  test.each(named(answered.filter((it) => breaksOff(it) && it.file !== ABSURD)))(
    "%s breaks off for the SDK too, and is charged for what came",
    async (_, recording) => {
      const seen = await replayed(recording, true);
      expect(seen.error).toMatchObject({ code: "upstream_error", type: "upstream_error" });
      expect(withCostsRead(seen.answers).map(canonical)).toEqual(
        expectedAnswers(recording, seen.requestId, true).map(canonical),
      );
      await expectCharge(recording, seen, "broken");
      note("streams that break off", recording);
    },
  );
});

describe.skipIf(all.length === 0)("recorded errors, through OpenAI's SDK", () => {
  const errors = all.filter(({ status }) => status !== 200);
  const recordedError = (recording: Recording) => record(recordedChunks(recording)[0]?.["error"]) ?? {};
  /** Bodies that are refused here before anybody is called. */
  const isOurs = ({ request }: Recording) =>
    request["max_tokens"] === 0 || (Array.isArray(request["messages"]) && request["messages"].length === 0);
  /** A refused key and a model that the provider does not have: the operator's to mend, and not shown. */
  const isRateLimit = ({ status }: Recording) => status === 429;
  const isOperators = (recording: Recording) =>
    recording.status === 401 || recordedError(recording)["code"] === "model_not_found";

  test.each(named(errors.filter(isOurs)))(
    "%s is refused here, naming the same field, before any call upstream",
    async (_, recording) => {
      const before = at.provider.calls.length;
      const { error, requestId } = await replayed(recording, false);
      expect(error).toMatchObject({ status: recording.status, param: recordedError(recording)["param"] });
      expect(at.provider.calls.length).toBe(before);
      expect(await charged(at, requestId)).toBeUndefined();
      note("errors found before the provider had to", recording);
    },
  );

  test.each(named(errors.filter((it) => !isOurs(it) && !isOperators(it) && !isRateLimit(it))))(
    "%s passes through: status, code, param and message; nothing is charged",
    async (_, recording) => {
      const { error, requestId } = await replayed(recording, false);
      const { message, param = null, code = null } = recordedError(recording);
      // The code on which clients shorten their prompts, which only OpenAI sends by itself.
      const isTooLong = /maximum context length/.test(String(message));
      expect(error).toMatchObject({
        status: recording.status,
        code: isTooLong ? "context_length_exceeded" : code,
        param,
        error: { message },
      });
      expect(errorProblems({ error: error?.error })).toEqual([]);
      expect(await charged(at, requestId)).toMatchObject({ outcome: "failed", cost: "0.00" });
      note("errors passed through", recording);
    },
  );

  test.each(named(errors.filter(isRateLimit)))(
    "%s is a 429 in our own words; nothing is charged",
    async (_, recording) => {
      const { error, requestId } = await replayed(recording, false);
      expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
      expect(error?.message).toMatch(/The provider's rate limit is reached/);
      expect(errorProblems({ error: error?.error })).toEqual([]);
      expect(await charged(at, requestId)).toMatchObject({ outcome: "failed", cost: "0.00" });
      note("rate limits, in our words", recording);
    },
  );

  test.each(named(errors.filter(isOperators)))(
    "%s is a 502 that tells nothing of it; nothing is charged",
    async (_, recording) => {
      const { error, requestId } = await replayed(recording, false);
      expect(error).toMatchObject({ status: 502, code: "upstream_error", param: null });
      expect(error?.message).not.toMatch(/key|model/i);
      expect(await charged(at, requestId)).toMatchObject({ outcome: "failed", cost: "0.00" });
      note("errors that are the operator's", recording);
    },
  );
});

test.skipIf(all.length === 0).each(PROVIDERS)("of %s docs/providers.md says what was replayed", (folder) => {
  expectToldInDocs({ name: NAMES[folder] ?? folder, folder, ...replayedOf(folder) });
});
