import { APIError, OpenAI } from "openai";
import { picoUsd } from "../contract/recorded-exchange.ts";
import { type ProviderServer, startProviderServer, stream } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { type Json, parsed, type ReadUsage, recordOf, type Wire, type WireRecording } from "./wire.ts";

/** OpenAI's client at a running router, whose provider answers with recordings in its own wire format. */
export interface Replay {
  readonly wire: Wire;
  readonly client: OpenAI;
  readonly router: Router;
  readonly provider: ProviderServer;
  close(): Promise<void>;
}

/** What a program that uses the SDK got of an exchange, put together as such programs do. */
export interface Seen {
  readonly requestId: string;
  /** The whole answer, or a stream's chunks, as they came. */
  readonly answers: Json[];
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: { name: string; input: unknown }[];
  readonly finish: unknown;
  readonly usage: Json | undefined;
  readonly error: APIError | undefined;
}

export const MODEL = "test/translated";

/** Pico-USD per token: no two alike, so that none can pass for another. */
const PICO = {
  input: 400_000n,
  output: 1_600_000n,
  cacheRead: 100_000n,
  cacheWrite: 500_000n,
  cacheWrite1h: 700_000n,
};
const PRICES = {
  inputUsdPerMillion: "0.40",
  outputUsdPerMillion: "1.60",
  cacheReadUsdPerMillion: "0.10",
  cacheWriteUsdPerMillion: "0.50",
  cacheWrite1hUsdPerMillion: "0.70",
};

export function costPicoUsd(usage: ReadUsage): bigint {
  return (
    BigInt(usage.input) * PICO.input +
    BigInt(usage.cacheRead) * PICO.cacheRead +
    BigInt(usage.cacheWrite - usage.cacheWrite1h) * PICO.cacheWrite +
    BigInt(usage.cacheWrite1h) * PICO.cacheWrite1h +
    BigInt(usage.output) * PICO.output
  );
}

/** Credentials of nobody, for what is signed; a key of nobody, for what is not. */
export async function startReplay(wire: Wire): Promise<Replay> {
  Object.assign(process.env, {
    TEST_PROVIDER_KEY: "key-of-the-operator",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
  const provider = await startProviderServer();
  const router = await startRouter({
    creditUsd: "1000000",
    config: {
      providers: { p1: wire.provider(provider.baseUrl) },
      models: [
        {
          id: MODEL,
          ownedBy: "test",
          contextWindow: 1_000_000,
          maxOutputTokens: 128_000,
          inputModalities: ["text", "image", "audio", "file"],
          outputModalities: ["text"],
          prices: PRICES,
          routes: [{ provider: "p1", model: wire.model }],
        },
      ],
    },
  });
  const client = new OpenAI({ baseURL: router.baseUrl, apiKey: router.key, maxRetries: 0 });
  const close = async () => {
    await router.close();
    await provider.close();
  };
  return { wire, client, router, provider, close };
}

/** Sends a request to the router while the provider has this recording for an answer, cut where events are not. */
export async function exchange(at: Replay, recording: WireRecording, request: Json = {}): Promise<Seen> {
  at.provider.always(
    stream([recording.bytes], {
      status: recording.status,
      headers: { "content-type": recording.contentType },
      pieces: [1, 700, 13, 4096],
    }),
  );
  return send(at.client, {
    messages: [{ role: "user", content: "Hi" }],
    stream: recording.isStream,
    ...(recording.isStream && { stream_options: { include_usage: true } }),
    ...request,
    model: MODEL,
  });
}

async function send(client: OpenAI, request: Json): Promise<Seen> {
  const answers: Json[] = [];
  let requestId = "";
  try {
    // Parsed rather than made: what programs send was never all checked by these types.
    const params: OpenAI.ChatCompletionCreateParams = JSON.parse(JSON.stringify(request));
    const { data, response } = await client.chat.completions.create(params).withResponse();
    requestId = response.headers.get("x-request-id") ?? "";
    if (!("controller" in data)) answers.push({ ...data });
    else for await (const chunk of data) answers.push({ ...chunk });
    return seen(requestId, answers, undefined);
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return seen(requestId || (error.requestID ?? ""), answers, error);
  }
}

function seen(requestId: string, answers: Json[], error: APIError | undefined): Seen {
  const choices = answers.flatMap(({ choices }) => (Array.isArray(choices) ? choices.map(recordOf) : []));
  const messages = choices.map((choice) => recordOf(choice["message"] ?? choice["delta"]));
  const joined = (name: string) => messages.map((message) => message[name] ?? "").join("");
  const calls = new Map<unknown, { name: string; json: string }>();
  for (const [order, call] of messages
    .flatMap(({ tool_calls: all }) => (Array.isArray(all) ? all : []))
    .entries()) {
    const { index = order, function: made } = recordOf(call);
    const { name = "", arguments: json = "" } = recordOf(made);
    const before = calls.get(index) ?? { name: "", json: "" };
    calls.set(index, { name: before.name + String(name), json: before.json + String(json) });
  }
  const usage = answers.findLast((answer) => answer["usage"])?.["usage"];
  return {
    requestId,
    answers,
    text: joined("content"),
    reasoning: joined("reasoning_content"),
    toolCalls: [...calls.values()].map(({ name, json }) => ({ name, input: parsed(json) })),
    finish: choices.findLast((choice) => choice["finish_reason"])?.["finish_reason"],
    usage: usage === undefined ? undefined : recordOf(usage),
    error,
  };
}

/** `GET /v1/requests/{id}`, as soon as the request has ended; undefined where it never began. */
export async function charged({ router }: Replay, requestId: string): Promise<Json | undefined> {
  for (;;) {
    const answer = await fetch(`${router.baseUrl}/requests/${requestId}`, {
      headers: { authorization: `Bearer ${router.key}` },
    });
    if (answer.status === 404) return undefined;
    const request = recordOf(await answer.json());
    if (request["outcome"] !== "open") return { ...request, costPicoUsd: picoUsd(request["cost"]) };
  }
}
