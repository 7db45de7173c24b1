import { once } from "node:events";
import { GatewayError } from "../../core/errors.ts";
import { errorBody, errorResponse } from "./error-response.ts";

export interface WriteOptions {
  readonly requestId: string;
  /** How long a client may take nothing at all before the rest is no longer kept for it. Milliseconds. */
  readonly stallLimitMs: () => number;
  readonly report: (error: unknown) => void;
}

/**
 * Writes the response and ends the stream. Never throws, and never destroys the stream: API Gateway would answer for us.
 *
 * The body is read to its end whatever becomes of the client: the function is not told when a client leaves, and an
 * upstream that is read to its usage is an upstream that can be billed. What nobody takes is read and thrown away.
 */
export async function writeResponse(
  response: Response,
  stream: awslambda.HttpResponseStream,
  options: WriteOptions,
): Promise<void> {
  const client = new Client(stream, response, options.stallLimitMs);
  try {
    for await (const chunk of response.body ?? []) await client.take(chunk);
  } catch (error) {
    options.report(error);
    client.failure = error;
  }
  if (client.failure !== undefined && !client.started) {
    // Nothing has left yet, not even the status, so this can still be an ordinary error.
    return writeResponse(errorResponse(500, failureOf(client.failure), options.requestId), stream, options);
  }
  if (client.failure !== undefined && isEventStream(response)) {
    client.write(`data: ${errorBody(failureOf(client.failure), options.requestId)}\n\n`);
  }
  client.end();
}

/** The runtime's stream, which may stop taking bytes or break, and must not break us. */
class Client {
  started = false;
  failure: unknown;
  readonly #stream: awslambda.HttpResponseStream;
  readonly #stallLimitMs: () => number;
  readonly #gone = new AbortController();

  constructor(stream: awslambda.HttpResponseStream, response: Response, stallLimitMs: () => number) {
    stream.on("error", () => this.#gone.abort());
    this.#stream = awslambda.HttpResponseStream.from(stream, preludeOf(response));
    this.#stallLimitMs = stallLimitMs;
  }

  async take(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0 || this.failure !== undefined || this.write(chunk)) return;
    try {
      const patience = AbortSignal.timeout(this.#stallLimitMs());
      await once(this.#stream, "drain", { signal: AbortSignal.any([this.#gone.signal, patience]) });
    } catch {
      this.failure = new GatewayError(
        "internal_error",
        "The answer was not read in time; the rest was not sent.",
      );
    }
  }

  /** @returns whether the stream takes more at once; also true when it takes nothing any longer. */
  write(chunk: Uint8Array | string): boolean {
    if (this.#gone.signal.aborted) return true;
    this.started = true;
    try {
      return this.#stream.write(chunk);
    } catch {
      this.#gone.abort();
      return true;
    }
  }

  end(): void {
    // Status and headers travel with the first write, so a response without a body needs one.
    if (!this.started) this.write("");
    try {
      this.#stream.end();
    } catch {
      this.#gone.abort();
    }
  }
}

function preludeOf(response: Response): Record<string, unknown> {
  const headers = Object.fromEntries(response.headers);
  delete headers["set-cookie"];
  const cookies = response.headers.getSetCookie();
  return { statusCode: response.status, headers, ...(cookies.length > 0 && { cookies }) };
}

function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

function failureOf(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError("internal_error", "The answer broke off.");
}
