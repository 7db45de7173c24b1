import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import type { ApiKey } from "../core/keys.ts";

/** What makes two requests one: the id that both get, and what the first of them asked. */
export interface Idempotency {
  readonly requestId: string;
  /** Of the body, so that the same value with another body can be told. */
  readonly fingerprint: string;
}

const FORM = /^[\x20-\x7e]{1,255}$/;
const FINGERPRINT_LENGTH = 12;

/** @throws GatewayError when the header's value cannot be one. */
export function readIdempotency(
  value: string | undefined,
  key: ApiKey,
  body: Uint8Array,
): Idempotency | undefined {
  if (value === undefined) return undefined;
  if (!FORM.test(value)) {
    throw new GatewayError(
      "invalid_value",
      "`Idempotency-Key` must be 1 to 255 printable ASCII characters.",
      {
        param: "Idempotency-Key",
      },
    );
  }
  return {
    requestId: `req_${uuidOf(`${key.accountId}|${key.keyId}|${value}`)}`,
    fingerprint: createHash("sha256").update(body).digest("base64url").slice(0, FINGERPRINT_LENGTH),
  };
}

/** A UUID of version 8 (RFC 9562: bits of our own making) from a text. */
function uuidOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    variant + hash.slice(17, 20),
    hash.slice(20, 32),
  ].join("-");
}

/** The answer to whoever comes second. It is not retried: the first's outcome will not change. */
export function conflict(
  first: { outcome: string; fingerprint: string | undefined },
  mine: Idempotency,
): GatewayError {
  const otherBody = first.fingerprint !== mine.fingerprint;
  return new GatewayError(
    "idempotency_conflict",
    `A request with this Idempotency-Key exists already: ${mine.requestId}, ${first.outcome}. ` +
      `GET /v1/requests/${mine.requestId} tells what it cost. ` +
      (otherBody
        ? "It had another body: use a new key for a new request."
        : "Nothing was charged for this one."),
    { shouldRetry: false },
  );
}
