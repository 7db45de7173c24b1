import { crc32 } from "node:zlib";
import Pool from "undici/lib/dispatcher/pool.js";
import type { CredentialsSource } from "./credentials.ts";
import { exchange, type HttpAnswer } from "./http-exchange.ts";
import { amzDate, createSigner } from "./signature.ts";

/** What a service answered, be it a success or a refusal. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * @param maySend asked in the step that signs the request: false, and it is not sent.
 * @throws Error when no whole answer came: the service may have done it, or not, or do it yet.
 */
export type JsonCall = (operation: string, body: string, maySend?: () => boolean) => Promise<JsonAnswer>;

export interface JsonClientOptions {
  readonly endpoint: string;
  readonly region: string;
  /** Its name in signatures, e.g. `dynamodb`. */
  readonly service: string;
  /** Before the operation in `x-amz-target`, e.g. `DynamoDB_20120810`. */
  readonly target: string;
  readonly contentType: "application/x-amz-json-1.0" | "application/x-amz-json-1.1";
  readonly credentials: CredentialsSource;
  readonly nowMs: () => number;
  /** How long an answer may take; half of it for a connection. */
  readonly answerMs: number;
}

export interface JsonClient {
  readonly call: JsonCall;
  close(): Promise<void>;
}

/**
 * Longer than a pause between requests, shorter than servers keep idle connections. By the wall clock, which freezing a
 * function does not stop: what a frozen function wakes up with has been closed at the other end.
 */
const CONNECTION_MS = 50_000;

/**
 * AWS's JSON protocol by hand: a tenth of the SDK's work (see docs/decisions/0022-hot-path-client.md for its rules, and
 * which of the SDK's they replace). It tries once. Who calls knows what a second try means.
 */
export function createJsonClient(options: JsonClientOptions): JsonClient {
  const { endpoint, service, region, target, contentType, credentials, nowMs, answerMs } = options;
  const { origin, host } = new URL(endpoint);
  const sign = createSigner({ service, region });
  const clock = createServerClock(nowMs);
  const pool = new Pool(origin, {
    connect: { timeout: answerMs / 2 },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    keepAliveTimeout: CONNECTION_MS,
    clientTtl: CONNECTION_MS,
  });

  async function call(operation: string, body: string, maySend?: () => boolean): Promise<JsonAnswer> {
    const keys = await credentials();
    if (maySend?.() === false) throw new Error("not sent: its time is over");
    const date = amzDate(clock.nowMs());
    // In alphabetical order, as they are signed.
    const signed = {
      "content-type": contentType,
      host,
      "x-amz-date": date,
      ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
      "x-amz-target": `${target}.${operation}`,
    };
    const authorization = sign({ headers: signed, body, keys, date });
    const sentAtMs = nowMs();
    const answer = await exchange(pool, {
      method: "POST",
      path: "/",
      headers: { ...signed, authorization, "user-agent": "wlrouter" },
      body,
    });
    clock.hear(answer.headers, sentAtMs);
    if (!isIntact(answer)) throw new Error("the answer was damaged on its way: its checksum is another");
    return { status: answer.status, body: answer.body.toString("utf8") };
  }

  return { call, close: () => pool.destroy() };
}

/** DynamoDB sends a checksum of each answer: a balance that was read wrongly would be believed. */
function isIntact({ headers, body }: HttpAnswer): boolean {
  const expected = headers["x-amz-crc32"];
  return typeof expected !== "string" || Number(expected) === crc32(body);
}

/** An answer this late says nothing about the time it was made at; the SDK's figure. */
const LATE_ANSWER_MS = 15 * 60_000;

/**
 * AWS refuses what is signed more than five minutes beside its own time, so requests are signed with the service's time:
 * every answer's `date` says how far ours is off. A first request of a wrong clock is refused; the caller's next try is not.
 */
function createServerClock(nowMs: () => number) {
  let offsetMs = 0;
  return {
    nowMs: () => nowMs() + offsetMs,
    hear(headers: HttpAnswer["headers"], sentAtMs: number): void {
      const { date, age } = headers;
      const arrivedAtMs = nowMs();
      // A cache's answer carries an old date, and says so with `age`.
      if (typeof date !== "string" || age !== undefined || arrivedAtMs - sentAtMs > LATE_ANSWER_MS) return;
      const serverMs = Date.parse(date);
      if (!Number.isNaN(serverMs)) offsetMs = serverMs - arrivedAtMs;
    },
  };
}
