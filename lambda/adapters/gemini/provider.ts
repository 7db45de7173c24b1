import type { GeminiSettings } from "../../core/catalog.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Provider, ProviderOptions, ProviderRequest } from "../../core/ports.ts";
import { jsonEvents } from "../../core/translate/json-events.ts";
import { translatedStream } from "../../core/translate/translate-stream.ts";
import { sendWithKey } from "../../core/upstream/send.ts";
import type { Upstream } from "../../core/upstream/upstream.ts";
import { jsonAnswer } from "./answer.ts";
import { readFault } from "./fault.ts";
import { type Credentials, createCredentials, projectOf } from "./google-credentials.ts";
import { type GeminiRequest, geminiRequest } from "./request.ts";
import { GeminiStream } from "./stream.ts";

/** Gemini by generateContent: at Google AI Studio with a key, on Vertex AI with Google's credentials or a key. */
export function createGeminiProvider(options: ProviderOptions<GeminiSettings>): Provider {
  const { settings, apiKey, connect } = options;
  const upstream = connect(baseUrlOf(settings), settings.timeouts);
  const credentials = createCredentials();
  return {
    async chat(request) {
      const sent = geminiRequest(request, settings.vertex !== undefined);
      const send = (key: string | undefined) => post(upstream, settings, { request, sent, key, credentials });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      // A refusal to stream is an error in JSON, which only the whole answer's reader understands.
      if (!request.stream || String(response.headers["content-type"]).startsWith("application/json")) {
        const answer = await jsonAnswer(response, sent, Date.now());
        if (!request.stream) return answer;
        throw new GatewayError("upstream_error", "The provider did not stream.", { retryable: false });
      }
      return translatedStream(response.body, jsonEvents, new GeminiStream(sent, Date.now()), sent.dropped);
    },
  };
}

function baseUrlOf({ baseUrl, vertex }: GeminiSettings): string {
  if (baseUrl !== undefined) return baseUrl;
  if (!vertex) return "https://generativelanguage.googleapis.com/v1beta";
  const { location } = vertex;
  return `https://${location === "global" ? "" : `${location}-`}aiplatform.googleapis.com/v1`;
}

interface Call {
  readonly request: ProviderRequest;
  readonly sent: GeminiRequest;
  readonly key: string | undefined;
  readonly credentials: Credentials;
}

async function post(upstream: Upstream, settings: GeminiSettings, { request, sent, key, credentials }: Call) {
  const method = request.stream ? "streamGenerateContent?alt=sse" : "generateContent";
  return upstream({
    path: `${parentOf(settings, key)}/models/${encodeURIComponent(request.model)}:${method}`,
    headers: {
      ...request.traceHeaders,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      ...(key !== undefined && (await identified(credentials, key))),
    },
    body: sent.body,
    signal: request.signal,
  });
}

/** Vertex's express mode has an API key and no project. */
function parentOf({ vertex }: GeminiSettings, key: string | undefined): string {
  if (!vertex) return "";
  const project = vertex.project ?? projectOf(key);
  const place = project === undefined ? "" : `/projects/${project}/locations/${vertex.location}`;
  return `${place}/publishers/google`;
}

/** Whoever cannot be identified was not called, so another route may be. */
async function identified(credentials: Credentials, key: string): Promise<Record<string, string>> {
  try {
    return await credentials(key);
  } catch (cause) {
    throw new GatewayError("upstream_error", "The provider cannot be used at the moment.", {
      retryable: true,
      alarm: "provider_key_refused",
      cause,
    });
  }
}
