import { APIError, OpenAI } from "openai";
import { type ProviderServer, replay, startProviderServer } from "../fakes/provider-server.ts";
import { isStream, type Recording } from "../fakes/recordings.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { type Json, PRICES, record } from "./recorded-exchange.ts";

/** OpenAI's client at a running router, whose provider answers with recordings. */
export interface Replay {
  readonly client: OpenAI;
  readonly router: Router;
  readonly provider: ProviderServer;
  close(): Promise<void>;
}

/** What a program that uses the SDK got to see of an exchange. */
export interface Seen {
  readonly requestId: string;
  /** The whole answer, or a stream's chunks. */
  readonly answers: Json[];
  readonly error: APIError | undefined;
}

export async function startReplay(): Promise<Replay> {
  const provider = await startProviderServer();
  const router = await startRouter({
    providerUrl: provider.baseUrl,
    creditUsd: "1000000",
    model: { outputModalities: ["text", "audio"], prices: PRICES },
  });
  const client = new OpenAI({ baseURL: router.baseUrl, apiKey: router.key, maxRetries: 0 });
  const close = async () => {
    await router.close();
    await provider.close();
  };
  return { client, router, provider, close };
}

/** What was asked for when this was recorded, of the model that the router has. */
export function requestOf(recording: Recording, { includeUsage }: { includeUsage: boolean }): Json {
  const { messages = [{ role: "user", content: "Hi" }], stream_options, ...rest } = recording.request;
  const request = { ...rest, messages, model: "test/model" };
  if (!isStream(recording)) return request;
  return {
    ...request,
    stream: true,
    stream_options: { ...record(stream_options), include_usage: includeUsage },
  };
}

/** Sends a request to the router while the provider has this recording for an answer. */
export async function exchange(at: Replay, recording: Recording, request: Json): Promise<Seen> {
  // Cut in pieces of odd sizes: where events and characters end is not where the network's do.
  at.provider.always(replay(recording, { pieces: [1, 700, 13, 4096] }));
  return send(at.client, request);
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
    return { requestId, answers, error: undefined };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { requestId: requestId || (error.requestID ?? ""), answers, error };
  }
}

/** `GET /v1/requests/{id}`, as soon as the request has ended. */
export async function charged({ router }: Replay, requestId: string): Promise<Json | undefined> {
  for (;;) {
    const answer = await fetch(`${router.baseUrl}/requests/${requestId}`, {
      headers: { authorization: `Bearer ${router.key}` },
    });
    const request = record(await answer.json());
    if (answer.status === 404) return undefined;
    if (request?.["outcome"] !== "open") return request;
  }
}
