import { readFile } from "node:fs/promises";
import Pool from "undici/lib/dispatcher/pool.js";
import { exchange } from "./http-exchange.ts";
import type { SigningKeys } from "./signature.ts";

export interface Credentials extends SigningKeys {
  /** Epoch milliseconds; undefined for keys that last as long as the process. */
  readonly expiresAtMs?: number | undefined;
}

/** The credentials of this moment. @throws Error when there are none that are still good. */
export type CredentialsSource = () => Promise<Credentials>;

/** From here on keys are renewed while the old ones still work; the SDK's figure. */
const RENEW_BEFORE_MS = 5 * 60_000;
const BETWEEN_TRIES_MS = 1_000;
const ANSWER_MS = 1_000;
const TRIES = 3;

/**
 * Keys of the function's role, in the SDK's order: Lambda's variables (they live as long as an ordinary environment), or
 * the endpoint that longer-lived environments have, whose keys expire and are fetched again.
 */
export function roleCredentials(env: NodeJS.ProcessEnv, nowMs: () => number): CredentialsSource {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (accessKeyId && secretAccessKey) {
    const fixed = { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] };
    return async () => fixed;
  }
  return renewed(() => fetchCredentials(env), nowMs);
}

/** Loads once for however many ask, and again before the keys expire; who asks waits only for the first ones. */
export function renewed(load: CredentialsSource, nowMs: () => number): CredentialsSource {
  let known: Credentials | undefined;
  let loading: Promise<Credentials> | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  const begin = (): Promise<Credentials> => {
    triedAtMs = nowMs();
    loading = load().then((credentials) => {
      known = credentials;
      return credentials;
    });
    const done = () => {
      loading = undefined;
    };
    loading.then(done, done);
    return loading;
  };

  return async () => {
    const leftMs = (known?.expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs();
    if (!known || leftMs <= 0) return loading ?? begin();
    // A failure here is told to nobody: the keys at hand are good, and the next who asks tries again.
    if (leftMs < RENEW_BEFORE_MS && !loading && nowMs() - triedAtMs >= BETWEEN_TRIES_MS)
      begin().catch(() => {});
    return known;
  };
}

/** Hosts to which a token may go unencrypted: this machine, and the addresses that AWS's containers know it by. */
const TRUSTED_HOSTS = /^(localhost|127(\.\d+){3}|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

async function fetchCredentials(env: NodeJS.ProcessEnv): Promise<Credentials> {
  const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const full = relative ? `http://169.254.170.2${relative}` : env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (!full)
    throw new Error(
      "no AWS credentials: neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
    );
  const url = new URL(full);
  if (url.protocol !== "https:" && !TRUSTED_HOSTS.test(url.hostname)) {
    throw new Error("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https or an address of this machine");
  }
  const pool = new Pool(url.origin, {
    connect: { timeout: ANSWER_MS },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  });
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetchOnce(pool, url, await tokenIn(env));
      } catch (error) {
        if (attempt === TRIES) throw error;
      }
    }
  } finally {
    await pool.destroy();
  }
}

/** The file wins: its content is replaced while the process runs. */
async function tokenIn(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  return file ? await readFile(file, "utf8") : env["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
}

async function fetchOnce(pool: Pool, url: URL, token: string | undefined): Promise<Credentials> {
  const { status, body } = await exchange(pool, {
    method: "GET",
    path: url.pathname + url.search,
    headers: { accept: "application/json", ...(token !== undefined && { authorization: token }) },
  });
  const fields: Record<string, unknown> = status === 200 ? JSON.parse(body.toString()) : {};
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = fields;
  const expiresAtMs = Date.parse(String(Expiration));
  if (typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string" || Number.isNaN(expiresAtMs)) {
    throw new Error(`the credentials endpoint answered ${status} without keys`);
  }
  const sessionToken = typeof Token === "string" ? Token : undefined;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken, expiresAtMs };
}
