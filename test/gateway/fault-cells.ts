import { type Behavior, body, failure, hang, json, reset, sse, stream } from "../fakes/provider-server.ts";
import { chunk, completion, streamed, usage, usageChunk } from "./completions.ts";

/** What goes wrong on the first of two routes. The second is always well. */
export interface Fault {
  readonly name: string;
  /** The first route's provider: `p1` unless the fault needs one with settings of its own. */
  readonly provider?: "refused" | "nameless" | "tls" | "hasty" | "impatient" | "brief";
  readonly whole?: Behavior;
  readonly streamed?: Behavior;
}

const JSON_HEADERS = { "content-type": "application/json" };
const ROLE = { choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] };
const ERROR = { error: { message: "Overloaded", type: "server_error" } };
const HELLO = [chunk("Hel"), chunk("lo")];
const unreached: Behavior = () => {};

/** A reset throws away what the other side has not read yet, so each piece is given the time to be read. */
function brokenBehind(pieces: readonly string[], headers?: Record<string, string>): Behavior {
  const pace = () => new Promise<void>((resolve) => void setTimeout(resolve, 30));
  return stream([...pieces, ": going\n\n"], { ending: "reset", pace, ...(headers && { headers }) });
}

function both(name: string, behavior: Behavior, provider?: Fault["provider"]): Fault {
  return { name, whole: behavior, streamed: behavior, ...(provider && { provider }) };
}

export const FINE = {
  whole: completion("Hi", usage(10, 2)),
  streamed: streamed([chunk("Hi"), usageChunk(usage(10, 2)), "[DONE]"]),
};

export const FAULTS: readonly Fault[] = [
  both("the connection is refused", unreached, "refused"),
  both("the host has no address", unreached, "nameless"),
  both("TLS fails", unreached, "tls"),
  both("408", failure(408)),
  both("429", failure(429)),
  both("429 with `retry-after`", failure(429, {}, { "retry-after": "7" })),
  both("500", failure(500)),
  both("503", failure(503)),
  both("400", failure(400)),
  both("401", failure(401)),
  both("403", failure(403)),
  both("a redirect", body("", { status: 302, headers: { location: "https://example.com/" } })),
  {
    name: "malformed JSON",
    whole: body('{"choices":[', { headers: JSON_HEADERS }),
    streamed: streamed(["{oops"]),
  },
  { name: "an empty body", whole: body("", { headers: JSON_HEADERS }), streamed: stream([]) },
  { name: "an error with a 200, before output", whole: json(ERROR), streamed: streamed([ROLE, ERROR]) },
  { name: "an error event after output", streamed: streamed([...HELLO, ERROR]) },
  {
    name: "an error event after output and usage",
    streamed: streamed([...HELLO, usageChunk(usage(10, 2)), ERROR]),
  },
  { name: "an end without `[DONE]`, before output", streamed: streamed([ROLE]) },
  { name: "an end without `[DONE]`, after output", streamed: streamed(HELLO) },
  both("reset before the headers", reset),
  {
    name: "reset in the body, before output",
    whole: brokenBehind(['{"choices":['], JSON_HEADERS),
    streamed: brokenBehind(sse(ROLE)),
  },
  { name: "reset in the body, after output", streamed: brokenBehind(sse(...HELLO)) },
  both("silence until the first-byte deadline", hang, "hasty"),
  {
    name: "silence until the idle deadline, before output",
    provider: "impatient",
    whole: stream(['{"choices":['], { headers: JSON_HEADERS, ending: "hang" }),
    streamed: streamed([ROLE], { ending: "hang" }),
  },
  {
    name: "silence until the idle deadline, after output",
    provider: "impatient",
    streamed: streamed(HELLO, { ending: "hang" }),
  },
  {
    name: "the total deadline, before output",
    provider: "brief",
    whole: hang,
    streamed: streamed([ROLE], { ending: "hang" }),
  },
  {
    name: "the total deadline, after output",
    provider: "brief",
    streamed: streamed(HELLO, { ending: "hang" }),
  },
  {
    name: "more than an answer may have, before output",
    whole: body(Buffer.alloc(33 * 1024 * 1024, " "), { headers: JSON_HEADERS }),
    streamed: stream(["data: ", Buffer.alloc(5 * 1024 * 1024, "x")]),
  },
];
