import type { Dispatcher } from "undici";
import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { ProviderAnswer, StreamPart } from "../../core/ports.ts";
import { type FailedAnswer, failureOf, reportedFailure } from "./errors.ts";
import { readFault, reportsFault } from "./provider-fault.ts";
import { streamParts } from "./stream-parts.ts";
import { bodyFailure } from "./upstream.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_BYTES = 256 * 1024;

/** A whole completion. @throws GatewayError when the body is anything else. */
export async function jsonAnswer(
  response: Dispatcher.ResponseData,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const body = await readBody(response, MAX_JSON_BYTES, signal);
  const completion = parse(body);
  if (isRecord(completion) && reportsFault(completion)) {
    const { status } = readFault(completion);
    throw status === undefined
      ? reportedFailure(completion)
      : failureOf({ status, headers: response.headers, body: completion });
  }
  if (!isRecord(completion) || !Array.isArray(completion["choices"])) throw notACompletion();
  return { type: "json", body, fields: completion, usage: readUsage(completion["usage"]) };
}

/** A stream, or what a provider that refuses to stream answers instead: JSON, which is then an error. */
export async function streamAnswer(
  response: Dispatcher.ResponseData,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  if (String(response.headers["content-type"]).startsWith("application/json")) {
    await jsonAnswer(response, signal);
    throw notACompletion();
  }
  return { type: "stream", parts: readStream(response.body, signal) };
}

export async function failedAnswer(
  response: Dispatcher.ResponseData,
  signal: AbortSignal,
): Promise<FailedAnswer> {
  const { statusCode: status, headers } = response;
  // The status says enough when the body does not come, or is too long to be an error.
  const body = await readBody(response, MAX_ERROR_BYTES, signal).then(parse, () => undefined);
  return { status, headers, body };
}

/**
 * After `[DONE]` the rest (the end of the chunked body) is let through unread, so that the connection can carry the
 * next request. Any other way out, the consumer's included, closes it: the provider then stops generating.
 */
async function* readStream(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal,
): AsyncGenerator<StreamPart, void, undefined> {
  let isDone = false;
  try {
    for await (const part of streamParts(body.iterator({ destroyOnReturn: false }))) {
      isDone = part.type === "done";
      yield part;
    }
  } catch (error) {
    throw bodyFailure(error, signal, { retryable: true });
  } finally {
    body.on("error", () => {});
    if (isDone) body.resume();
    else body.destroy();
  }
}

async function readBody(
  { body }: Dispatcher.ResponseData,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += piece.length;
      if (length > maxBytes) throw new GatewayError("upstream_error", "The provider's answer is too long.");
      pieces.push(piece);
    }
  } catch (error) {
    // A whole answer is written before its first byte is sent: it was made, so another route would make it twice.
    throw bodyFailure(error, signal, { retryable: false });
  }
  return Buffer.concat(pieces, length);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function notACompletion(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is not a chat completion.", {
    retryable: true,
  });
}
