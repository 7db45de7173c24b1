import { isRecord } from "../../core/is-record.ts";
import type { ProviderFault } from "../../core/upstream/failure.ts";

/**
 * OpenAI `{error: {message, type, param, code}}`; xAI `{code, error: "…"}`; Mistral `{object: "error", message, …}`
 * and `{detail: "…"}`; FastAPI (vLLM) `{detail: [{msg}]}`.
 */
export function readFault(body: unknown): ProviderFault {
  const outer = isRecord(body) ? body : {};
  const inner = isRecord(outer["error"]) ? outer["error"] : outer;
  const code = inner["code"] ?? outer["code"];
  return {
    message: messageOf(inner["message"]) ?? messageOf(outer["error"]) ?? messageOf(outer["detail"]),
    type: token(inner["type"]),
    code: token(code),
    param: text(inner["param"]),
    status: status(code) ?? status(inner["status_code"]),
  };
}

/** Does a body that came with a 200, or an event of a stream, report a failure instead of an answer? */
export function reportsFault(body: Record<string, unknown>): boolean {
  return (body["error"] !== undefined && body["error"] !== null) || body["object"] === "error";
}

function messageOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return isRecord(value[0]) ? text(value[0]["msg"]) : undefined;
  return text(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** Types and codes are words. Anything else in their place could be anything, so it is not passed on. */
function token(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value) ? value : undefined;
}

function status(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 400 && value < 600
    ? value
    : undefined;
}
