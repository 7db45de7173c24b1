import { recordOf } from "../../core/translate/read-chat.ts";
import type { ProviderFault } from "../../core/upstream/failure.ts";

/** `{error: {code, message, status, details}}`; Vertex wraps it in a list where it refuses to stream. */
export function readFault(body: unknown): ProviderFault {
  const error = recordOf(recordOf(Array.isArray(body) ? body[0] : body)["error"]);
  const { code, message, details } = error;
  if (typeof message !== "string") return {};
  const all = Array.isArray(details) ? details.map(recordOf) : [];
  const reason = all.find((detail) => typeof detail["reason"] === "string")?.["reason"];
  return {
    message,
    code: reason === "API_KEY_INVALID" ? "invalid_api_key" : undefined,
    status: typeof code === "number" ? code : undefined,
    retryAfterSeconds: delaySeconds(all.find((detail) => "retryDelay" in detail)?.["retryDelay"]),
  };
}

/** A duration of protocol buffers: "34.4s". */
function delaySeconds(delay: unknown): number | undefined {
  const seconds = typeof delay === "string" ? /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(delay)?.[1] : undefined;
  return seconds === undefined ? undefined : Math.ceil(Number(seconds));
}
