import type { ProviderKey } from "../ports.ts";
import { type FailedAnswer, failureOf, isKeyRefused, type ProviderFault } from "./failure.ts";
import { isSuccess, type UpstreamResponse } from "./upstream.ts";

const MAX_ERROR_BYTES = 256 * 1024;

export interface KeyedCall {
  readonly apiKey: ProviderKey;
  /** Sends the request with this key; undefined where none is configured. */
  readonly send: (key: string | undefined) => Promise<UpstreamResponse>;
  /** Reads the provider's own error shape, out of a body that may be anything. */
  readonly readFault: (body: unknown) => ProviderFault;
  readonly nowMs: () => number;
}

/**
 * The answer of a provider that took the request. A refused key is read again, once: the operator may have just
 * replaced it. The same key is not tried twice.
 * @throws GatewayError for every other status than 2xx
 */
export async function sendWithKey({ apiKey, send, readFault, nowMs }: KeyedCall): Promise<UpstreamResponse> {
  let key = await apiKey.get();
  for (let isFresh = false; ; isFresh = true) {
    const response = await send(key);
    if (isSuccess(response)) return response;
    const failure = await failedAnswer(response, readFault, nowMs());
    const freshKey = isFresh || !isKeyRefused(failure) ? key : await apiKey.refresh();
    if (freshKey === key) throw failureOf(failure);
    key = freshKey;
  }
}

async function failedAnswer(
  { status, headers, body }: UpstreamResponse,
  readFault: KeyedCall["readFault"],
  nowMs: number,
): Promise<FailedAnswer> {
  // The status says enough when the body does not come, or is too long to be an error.
  const json = await body.readAll(MAX_ERROR_BYTES).then(parse, () => undefined);
  return { status, headers, fault: readFault(json), nowMs };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
