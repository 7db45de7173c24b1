import { GatewayError } from "../../core/errors.ts";
import type { ProviderKey } from "../../core/ports.ts";
import type { Timers } from "../../core/timers.ts";

/** The secret's text: a JSON object of keys by their `apiKeyEnv` names. */
export type ReadSecret = () => Promise<string>;

const CACHED_MS = 5 * 60_000;

/** A provider that refuses every request with 401 must not become a read of the secret for every request. */
const BETWEEN_READS_MS = 5_000;

type Keys = ReadonlyMap<string, string>;

/**
 * Provider keys from one secret: read at most every five minutes, or sooner when a provider refuses a key, and once for
 * however many requests are waiting. While the secret cannot be read, the keys last read stay good.
 *
 * @throws GatewayError `no_route_available` (retryable) from both methods when no keys have been read yet.
 */
export function providerKeysFromSecret(
  readSecret: ReadSecret,
  timers: Pick<Timers, "nowMs">,
): (apiKeyEnv: string) => ProviderKey {
  let known: Keys | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Keys> | undefined;

  async function read(): Promise<Keys> {
    triedAtMs = timers.nowMs();
    try {
      known = parseKeys(await readSecret());
    } catch {
      // Whatever went wrong is not passed on: a parser's message quotes the text it stumbled over.
      if (!known)
        throw new GatewayError("no_route_available", "The provider's key cannot be read.", {
          retryable: true,
        });
    } finally {
      reading = undefined;
    }
    return known;
  }

  function keysNoOlderThan(ageMs: number): Keys | Promise<Keys> {
    if (known && timers.nowMs() - triedAtMs < ageMs) return known;
    reading ??= read();
    return reading;
  }

  return (apiKeyEnv) => ({
    get: async () => (await keysNoOlderThan(CACHED_MS)).get(apiKeyEnv),
    refresh: async () => (await keysNoOlderThan(BETWEEN_READS_MS)).get(apiKeyEnv),
  });
}

/** @throws an error that may quote the secret. */
function parseKeys(text: string): Keys {
  const keys = new Map<string, string>();
  for (const [name, value] of Object.entries<unknown>(JSON.parse(text))) {
    // A key is pasted by hand, often with the line's end.
    if (typeof value === "string" && value.trim() !== "") keys.set(name, value.trim());
  }
  return keys;
}

/** AWS's JSON protocol, by whoever speaks it. @throws Error when no whole answer came. */
export type SecretsCall = (operation: string, body: string) => Promise<{ status: number; body: string }>;

const TRIES = 3;
const FIRST_PAUSE_MS = 100;

/** Reads a secret's text; a read that failed is tried again, twice. */
export function secretsManagerReader(
  call: SecretsCall,
  secretArn: string,
  pause: (milliseconds: number) => Promise<unknown>,
): ReadSecret {
  return async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readOnce(call, secretArn);
      } catch (error) {
        if (attempt === TRIES) throw error;
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  };
}

async function readOnce(call: SecretsCall, secretArn: string): Promise<string> {
  const { status, body } = await call("GetSecretValue", JSON.stringify({ SecretId: secretArn }));
  if (status !== 200) throw new Error(`Secrets Manager answered ${status}`);
  const { SecretString }: { SecretString?: string } = JSON.parse(body);
  return SecretString ?? "{}";
}
