import type { OpenAiCompatibleSettings } from "../../core/catalog.ts";
import type { Provider, ProviderOptions } from "../../core/ports.ts";
import { sendWithKey } from "../../core/upstream/send.ts";
import { jsonAnswer, streamAnswer } from "./answer.ts";
import { readFault } from "./provider-fault.ts";
import { requestBody } from "./request-body.ts";

/**
 * A provider that speaks OpenAI's form: the client's bytes go out with few members replaced, and the answer's bytes
 * come back as they are. Design section 6.
 */
export function createOpenAiCompatibleProvider(options: ProviderOptions<OpenAiCompatibleSettings>): Provider {
  const { settings, apiKey, connect } = options;
  const upstream = connect(settings.baseUrl, settings.timeouts);
  return {
    async chat(request) {
      const body = requestBody(request, settings);
      const accept = request.stream ? "text/event-stream" : "application/json";
      const send = (key: string | undefined) =>
        upstream({
          path: chatPath(request.model, settings),
          headers: { ...request.traceHeaders, accept, ...(key !== undefined && keyHeader(key, settings)) },
          body,
          signal: request.signal,
        });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      return request.stream ? streamAnswer(response) : jsonAnswer(response);
    },
  };
}

function chatPath(model: string, { chatPath: path, query }: OpenAiCompatibleSettings): string {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  return path.replace("{model}", encodeURIComponent(model)) + search;
}

/** Azure and others have a header of their own for the key. */
function keyHeader(key: string, { apiKeyHeader }: OpenAiCompatibleSettings): Record<string, string> {
  return { [apiKeyHeader]: apiKeyHeader === "authorization" ? `Bearer ${key}` : key };
}
