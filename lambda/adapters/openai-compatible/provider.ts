import type { Dispatcher } from "undici";
import type { ProviderSettings } from "../../core/catalog.ts";
import type { Provider, ProviderKey, ProviderRequest } from "../../core/ports.ts";
import { failedAnswer, jsonAnswer, streamAnswer } from "./answer.ts";
import { failureOf, isKeyRefused } from "./errors.ts";
import { requestBody } from "./request-body.ts";
import { connectUpstream, type Upstream } from "./upstream.ts";

export interface OpenAiCompatibleOptions {
  readonly settings: ProviderSettings;
  readonly apiKey: ProviderKey;
  /** Connections to use; absent: a pool of its own to the base URL's origin. */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * A provider that speaks OpenAI's form: the client's bytes go out with few members replaced, and the answer's bytes
 * come back as they are. Design section 6.
 */
export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): Provider {
  const { settings, apiKey, dispatcher } = options;
  const upstream = connectUpstream(settings, dispatcher);
  return {
    async chat(request) {
      const body = requestBody(request, settings);
      const response = await sendWithKey(upstream, request, body, apiKey);
      return request.stream ? streamAnswer(response, request.signal) : jsonAnswer(response, request.signal);
    },
  };
}

/** A refused key is read again, once: the operator may have just replaced it. The same key is not tried twice. */
async function sendWithKey(
  upstream: Upstream,
  { stream, signal }: ProviderRequest,
  body: Uint8Array,
  apiKey: ProviderKey,
): Promise<Dispatcher.ResponseData> {
  let key = await apiKey.get();
  for (let isFresh = false; ; isFresh = true) {
    const response = await upstream({ body, key, stream, signal });
    if (isSuccess(response)) return response;
    const failure = await failedAnswer(response, signal);
    const freshKey = isFresh || !isKeyRefused(failure) ? key : await apiKey.refresh();
    if (freshKey === key) throw failureOf(failure);
    key = freshKey;
  }
}

function isSuccess({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode >= 200 && statusCode < 300;
}
