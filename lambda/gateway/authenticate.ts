import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import { type ApiKey, isWellFormedKey } from "../core/keys.ts";
import type { KeyFinder } from "../core/ports.ts";

const CACHE_MS = 60_000;
const CACHE_SIZE = 10_000;

/**
 * Remembers found keys for a minute. A revoked key is refused by the next HOLD even while it is cached here, because
 * the account itself lists it. Unknown keys are not remembered: a new key works at once.
 */
export function cachedKeyFinder(finder: KeyFinder, nowMs: () => number): KeyFinder {
  const cache = new Map<string, { key: ApiKey; untilMs: number }>();
  return {
    async findByHash(keyHash) {
      const hit = cache.get(keyHash);
      if (hit && hit.untilMs > nowMs()) return hit.key;
      cache.delete(keyHash);
      const key = await finder.findByHash(keyHash);
      if (key) {
        const oldest = cache.size >= CACHE_SIZE ? cache.keys().next().value : undefined;
        if (oldest !== undefined) cache.delete(oldest);
        cache.set(keyHash, { key, untilMs: nowMs() + CACHE_MS });
      }
      return key;
    },
  };
}

/** @throws GatewayError `invalid_api_key`, which says what is wrong with the key but never repeats it. */
export async function authenticate(
  authorization: string | null,
  keys: KeyFinder,
  nowMs: number,
): Promise<ApiKey> {
  const [, secret] = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? "") ?? [];
  if (!secret) {
    throw refused("No API key was sent. Send it as `Authorization: Bearer wlrouter_…`.");
  }
  if (!isWellFormedKey(secret)) {
    throw refused(
      "This is not a WLRouter key: keys begin with `wlrouter_`, and this one is mistyped or cut short.",
    );
  }
  const key = await keys.findByHash(createHash("sha256").update(secret).digest("hex"));
  if (!key) throw refused("This API key is unknown. Create one in the console, or ask the operator.");
  if (key.status === "revoked") throw refused("This API key has been revoked. Use another one.");
  if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= nowMs) {
    throw refused(`This API key expired at ${key.expiresAt}. Use another one.`);
  }
  return key;
}

function refused(message: string): GatewayError {
  return new GatewayError("invalid_api_key", message);
}
