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
          path: "/chat/completions",
          headers: { accept, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
          body,
          signal: request.signal,
        });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      return request.stream ? streamAnswer(response) : jsonAnswer(response);
    },
  };
}
