import fc from "fast-check";
import { type Behavior, body, json, sse, stream } from "../fakes/provider-server.ts";
import { chat, chunk, usageChunk } from "./completions.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const junk = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });

// --- what clients send ----------------------------------------------------------------------------------------

const part = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({ type: fc.constant("image_url"), image_url: fc.record({ url: text }) }),
  fc.record({ type: fc.constantFrom("file", "input_audio", "refusal", "video"), file: junk }),
  junk,
);
const message = fc.record({
  role: fc.constantFrom("user", "system", "assistant", "tool"),
  content: fc.oneof(text, fc.constant(null), fc.array(part, { maxLength: 3 })),
});

/** Right values of fields that we read. */
const right = fc.record(
  {
    messages: fc.array(message, { minLength: 1, maxLength: 3 }),
    max_completion_tokens: fc.oneof(fc.integer({ min: 1 }), fc.constant(null)),
    max_tokens: fc.oneof(fc.integer({ min: 1 }), fc.constant(null)),
    n: fc.integer({ min: 1, max: 5 }),
    stream: fc.constantFrom(true, false, null),
    stream_options: fc.record({ include_usage: fc.boolean() }),
    tools: fc.constant([{ type: "function", function: { name: "f" } }]),
    service_tier: fc.constantFrom("auto", "default"),
    stop: text,
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: [] },
);

/** Any value in any field: those that we read, those that nobody knows, and names that JavaScript gives a meaning. */
const NAMES =
  "model messages max_completion_tokens max_tokens n stream stream_options tools functions modalities";
const MORE =
  "response_format stop seed request_id usage id __proto__ constructor toString service_tier api_key";
const wrong = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(fc.constantFrom(...`${NAMES} ${MORE}`.split(" ")), junk), { maxLength: 2 }),
  },
);

const nearlyRight = fc
  .tuple(right, wrong)
  .map(([fields, others]) =>
    JSON.stringify(Object.fromEntries([...Object.entries(chat(fields)), ...others])),
  );

/** A body that a client may send, mostly one that is nearly right. */
export const anyBody: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  { weight: 12, arbitrary: nearlyRight },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(100), nearlyRight).map(([end, body]) => body.slice(0, end)) },
);

// --- what providers answer ------------------------------------------------------------------------------------

const count = fc.oneof(
  { weight: 3, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), junk) },
);
const anyUsage = fc.oneof(
  fc.record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: fc.record({
        cached_tokens: count,
        cache_write_tokens: count,
        audio_tokens: count,
      }),
      completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }),
    },
    { requiredKeys: ["prompt_tokens", "completion_tokens"] },
  ),
  junk,
);

const fault = fc.record({
  error: fc.oneof(text, fc.record({ message: text, code: junk, type: junk }), junk),
});

const event = fc.oneof(
  { weight: 4, arbitrary: text.map((said) => sse(chunk(said)).join("")) },
  { weight: 2, arbitrary: anyUsage.map((usage) => sse({ ...usageChunk({}), usage }).join("")) },
  { weight: 1, arbitrary: fc.record({ choices: junk, usage: anyUsage }).map((value) => sse(value).join("")) },
  { weight: 1, arbitrary: fault.map((value) => sse(value).join("")) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      junk.map((value) => `data: ${JSON.stringify(value)}\n\n`),
      text,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(": comment\n\n", "\n\n", "\r\n", "event: error\ndata: {}\n\n", "data:"),
  },
);

/** A failing test prints what a behavior was made of, not the function. */
function described<Value>(make: (value: Value) => Behavior): (value: Value) => Behavior {
  return (value) => Object.assign(make(value), { [fc.toStringMethod]: () => fc.stringify(value) });
}

const anyStream: fc.Arbitrary<Behavior> = fc
  .record({
    events: fc.array(fc.oneof({ weight: 9, arbitrary: event }, { weight: 1, arbitrary: fc.uint8Array() }), {
      maxLength: 6,
    }),
    isDone: fc.boolean(),
    pieces: fc.oneof(
      fc.constant(undefined),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
    ),
    ending: fc.constantFrom("end" as const, "end" as const, "reset" as const),
  })
  .map(
    described(({ events, isDone, pieces, ending }) =>
      stream([...events, ...(isDone ? sse("[DONE]") : [])], { ending, ...(pieces && { pieces }) }),
    ),
  );

const anyAnswer: fc.Arbitrary<Behavior> = fc
  .record({
    choices: fc.oneof(fc.constant([{ index: 0, message: { role: "assistant", content: "Hi" } }]), junk),
    usage: anyUsage,
    more: fc.dictionary(fc.string(), junk, { maxKeys: 2 }),
  })
  .map(described(({ more, ...answer }) => json({ ...more, ...answer })));

const anyFailure: fc.Arbitrary<Behavior> = fc
  .record({
    status: fc.constantFrom(200, 204, 301, 400, 401, 404, 408, 429, 500, 503, 599),
    content: fc.oneof(
      fc.json(),
      fault.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.uint8Array(),
    ),
    type: fc.constantFrom("application/json", "text/event-stream", "text/html"),
  })
  .map(
    described(({ status, content, type }) => body(content, { status, headers: { "content-type": type } })),
  );

/** Anything a provider may do with a call, save being silent. */
export const anyBehavior: fc.Arbitrary<Behavior> = fc.oneof(
  { weight: 4, arbitrary: anyStream },
  { weight: 2, arbitrary: anyAnswer },
  { weight: 1, arbitrary: anyFailure },
);
