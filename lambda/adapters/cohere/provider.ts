import type { CohereSettings } from "../../core/catalog.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Provider, ProviderOptions } from "../../core/ports.ts";
import { jsonEvents } from "../../core/translate/json-events.ts";
import { translatedStream } from "../../core/translate/translate-stream.ts";
import { sendWithKey } from "../../core/upstream/send.ts";
import { jsonAnswer } from "./answer.ts";
import { readFault } from "./fault.ts";
import { cohereRequest } from "./request.ts";
import { CohereStream } from "./stream.ts";

/** Cohere by its own Chat API, version 2. https://docs.cohere.com/reference/chat */
export function createCohereProvider(options: ProviderOptions<CohereSettings>): Provider {
  const { settings, apiKey, connect } = options;
  const upstream = connect(settings.baseUrl ?? "https://api.cohere.com/v2", settings.timeouts);
  return {
    async chat(request) {
      const sent = cohereRequest(request);
      const send = async (key: string | undefined) =>
        upstream({
          path: "/chat",
          headers: {
            ...request.traceHeaders,
            "content-type": "application/json",
            accept: request.stream ? "text/event-stream" : "application/json",
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
          },
          body: sent.body,
          signal: request.signal,
        });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      // A refusal to stream is an error in JSON, which only the whole answer's reader understands.
      if (!request.stream || String(response.headers["content-type"]).startsWith("application/json")) {
        const answer = await jsonAnswer(response, sent, Date.now());
        if (!request.stream) return answer;
        throw new GatewayError("upstream_error", "The provider did not stream.", { retryable: false });
      }
      return translatedStream(response.body, jsonEvents, new CohereStream(sent, Date.now()), sent.dropped);
    },
  };
}
