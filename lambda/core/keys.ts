import type { PicoUsd } from "./money.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface SpendLimit {
  readonly amountPicoUsd: PicoUsd;
  readonly period: "total" | "month";
}

/** A key as it is stored: never the key itself, only its SHA-256. */
export interface ApiKey {
  readonly keyHash: string;
  readonly keyId: string;
  readonly accountId: string;
  readonly name: string;
  /** The key's last four characters, so that people can tell keys apart. */
  readonly last4: string;
  readonly createdAt: string;
  /** The console's member who made it; absent for a key that an operator made. */
  readonly createdBy?: string | undefined;
  readonly expiresAt?: string | undefined;
  /** Absent: every model. */
  readonly allowedModels?: readonly string[] | undefined;
  readonly spendLimit?: SpendLimit | undefined;
  readonly rateLimit?: RateLimit | undefined;
  readonly status: "active" | "revoked";
}

/** What an operator may change of a key: absent leaves it as it is, `null` takes the limit away. */
export interface KeyChanges {
  readonly name?: string;
  readonly limitPicoUsd?: PicoUsd | null;
  /** Of the limit that is there, or comes with this. */
  readonly limitPeriod?: SpendLimit["period"];
  readonly requestsPerMinute?: number | null;
  readonly tokensPerMinute?: number | null;
  readonly allowedModels?: readonly string[] | null;
  readonly expiresAt?: string | null;
}

export const KEY_PREFIX = "wlrouter_";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^${KEY_PREFIX}[${BASE62}]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * A key from 256 random bits: the prefix, 43 base62 characters and 6 of CRC32, so that a mistyped key is refused
 * before any lookup and a scanner can tell a real one from a string that looks like it.
 */
export function formatKey(randomBytes: Uint8Array): string {
  const secret = toBase62(bigintOf(randomBytes), SECRET_LENGTH);
  return KEY_PREFIX + secret + checksum(secret);
}

export function isWellFormedKey(text: string): boolean {
  if (!FORM.test(text)) return false;
  const secret = text.slice(KEY_PREFIX.length, -CHECKSUM_LENGTH);
  return text.endsWith(checksum(secret));
}

function checksum(secret: string): string {
  return toBase62(BigInt(crc32(KEY_PREFIX + secret)), CHECKSUM_LENGTH);
}

function toBase62(number: bigint, length: number): string {
  let digits = "";
  for (let rest = number; digits.length < length; rest /= 62n)
    digits = BASE62.charAt(Number(rest % 62n)) + digits;
  return digits;
}

/** CRC-32 (IEEE 802.3, reflected), over ASCII. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const char of text) {
    crc ^= char.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Base62 digits behind a prefix: 14 hold 83 bits, and stay short since they stand in every hold. */
const ID_LENGTH = 14;

/** A random id, `acct_…`, `key_…` or `adj_…`, from at least 11 random bytes. */
export function newId(prefix: "acct_" | "key_" | "adj_", randomBytes: Uint8Array): string {
  return prefix + toBase62(bigintOf(randomBytes), ID_LENGTH);
}

function bigintOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
