import { once } from "node:events";
import { type Answer, isSource } from "../../core/answer.ts";
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
  const client = new Client(stream, preludeOf(response), options.stallLimitMs);
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
  finish(client, response.headers.get("content-type") ?? "", options.requestId);
}

/** The same for an answer that never was a `Response`: pieces go out in the step in which they come. */
export async function writeAnswer(
  { status, headers, body }: Answer,
  stream: awslambda.HttpResponseStream,
  options: WriteOptions,
): Promise<void> {
  const client = new Client(stream, { statusCode: status, headers }, options.stallLimitMs);
  if (isSource(body)) {
    await new Promise<void>((end) => body.connect({ write: (bytes) => client.take(bytes), end }));
  } else {
    await client.take(typeof body === "string" ? Buffer.from(body) : body);
  }
  finish(client, headers["content-type"] ?? "", options.requestId);
}

function finish(client: Client, contentType: string, requestId: string): void {
  if (client.failure !== undefined && contentType.startsWith("text/event-stream")) {
    client.write(`data: ${errorBody(failureOf(client.failure), requestId)}\n\n`);
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

  constructor(
    stream: awslambda.HttpResponseStream,
    prelude: Record<string, unknown>,
    stallLimitMs: () => number,
  ) {
    stream.on("error", () => this.#gone.abort());
    this.#stream = awslambda.HttpResponseStream.from(stream, prelude);
    this.#stallLimitMs = stallLimitMs;
  }

  /** @returns what to wait for where the stream takes no more at once; it never rejects */
  take(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.length === 0 || this.failure !== undefined || this.write(chunk)) return undefined;
    return this.#room();
  }

  async #room(): Promise<void> {
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

function failureOf(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError("internal_error", "The answer broke off.");
}
