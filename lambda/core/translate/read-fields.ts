import { GatewayError } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { CacheControl } from "./chat.ts";

/** JSON of a client's, checked only for being an object. */
export type Json = Readonly<Record<string, unknown>>;

export function invalid(param: string, what: string): GatewayError {
  return new GatewayError("invalid_value", `\`${param}\` must be ${what}.`, { param });
}

/** @throws GatewayError 400 when it is neither absent nor an object */
export function optionalObject(value: unknown, param: string): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw invalid(param, "an object");
  return value;
}

export function requiredObject(value: unknown, param: string): Json {
  if (!isRecord(value)) throw invalid(param, "an object");
  return value;
}

export function optionalString(value: unknown, param: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(param, "a string");
  return value;
}

export function requiredString(value: unknown, param: string): string {
  if (typeof value !== "string" || value === "") throw invalid(param, "a string that is not empty");
  return value;
}

export function optionalNumber(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw invalid(param, "a number");
  return value;
}

export function optionalBoolean(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw invalid(param, "true or false");
  return value;
}

/** An absent list is an empty one. */
export function listOf(value: unknown, param: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(param, "an array");
  return value;
}

/** Anthropic's form, which OpenRouter's users and others know: `{"type": "ephemeral", "ttl": "1h"}`. */
export function readCacheControl(value: unknown, param: string): CacheControl | undefined {
  const control = optionalObject(value, param);
  if (!control) return undefined;
  const { type, ttl } = control;
  if (type !== "ephemeral" || (ttl !== undefined && ttl !== "5m" && ttl !== "1h")) {
    throw invalid(param, '{"type": "ephemeral"}, with a "ttl" of "5m" or "1h" if any');
  }
  return { type, ttl };
}
