/**
 * Lambda's streaming global as the Node runtime defines it (read in aws-lambda-ric 4.0.2): the response stream is no
 * Writable but a thin object over one; `from` sets the content type and arranges that the first `write` (not `end`)
 * sends the prelude and eight NULs; `end` takes no chunk; a handler that throws has failed the invocation.
 */
import { Writable } from "node:stream";
import type { APIGatewayProxyEvent, Context, StreamifyHandler } from "aws-lambda";

type Handler = StreamifyHandler<APIGatewayProxyEvent, void>;

/** What the client's side of the connection does with each chunk: call `taken` when it has read it. */
export type Reader = (chunk: Buffer, taken: (error?: Error) => void) => void;

export interface Invocation {
  readonly prelude: Record<string, unknown>;
  readonly body: string;
  readonly contentType: string;
  readonly chunks: readonly Buffer[];
  readonly ended: boolean;
  readonly destroyCalled: boolean;
}

const readEverything: Reader = (_chunk, taken) => setImmediate(taken);

/** A client that has left without a word: nothing is taken, nothing breaks. */
export const neverRead: Reader = () => {};

class Connection {
  contentType = "application/octet-stream";
  destroyCalled = false;
  readonly chunks: Buffer[] = [];
  readonly writable: Writable;
  beforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
  #started = false;

  constructor(reader: Reader) {
    this.writable = new Writable({
      highWaterMark: 1000,
      write: (chunk: Buffer, _encoding, taken) => {
        this.chunks.push(chunk);
        reader(chunk, taken);
      },
    });
  }

  setContentType(contentType: string): void {
    if (this.#started) throw new Error("Cannot set content-type, too late.");
    this.contentType = contentType;
  }

  write(chunk: string | Uint8Array): boolean {
    if (!this.#started) this.beforeFirstWrite?.((part) => this.writable.write(part));
    this.#started = true;
    return this.writable.write(chunk);
  }

  /** The object that the handler gets. */
  stream(): object {
    const { writable } = this;
    return {
      setContentType: this.setContentType.bind(this),
      write: this.write.bind(this),
      end: () => writable.end(),
      destroy: () => {
        this.destroyCalled = true;
      },
      on: writable.on.bind(writable),
      once: writable.once.bind(writable),
      off: writable.off.bind(writable),
      removeListener: writable.removeListener.bind(writable),
      connection: this,
    };
  }

  result(): Invocation {
    const bytes = Buffer.concat(this.chunks);
    const delimiter = bytes.indexOf(Buffer.alloc(8));
    return {
      prelude: delimiter < 0 ? {} : JSON.parse(bytes.subarray(0, delimiter).toString()),
      body: bytes.subarray(delimiter + 8).toString(),
      contentType: this.contentType,
      chunks: this.chunks,
      ended: this.writable.writableEnded,
      destroyCalled: this.destroyCalled,
    };
  }
}

export function installStreamingGlobal(): void {
  const from = (stream: { connection: Connection; setContentType(type: string): void }, prelude: object) => {
    stream.setContentType("application/vnd.awslambda.http-integration-response");
    stream.connection.beforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(new Uint8Array(8));
    };
    return stream;
  };
  const streamifyResponse = (handler: Handler) => handler;
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream: { from } } });
}

export const AWS_REQUEST_ID = "7f0c2f5e-8a0d-4f0e-9f0a-6f1f6f2d9c11";

/** @throws what the handler throws: an invocation that has failed. */
export async function invoke(
  handler: Handler,
  event: unknown,
  reader: Reader = readEverything,
): Promise<Invocation> {
  const connection = new Connection(reader);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  connection.writable.once("close", resolve);
  const context = { awsRequestId: AWS_REQUEST_ID, getRemainingTimeInMillis: () => 900_000 };
  const call = handler as (event: unknown, stream: object, context: Partial<Context>) => void | Promise<void>;
  await call(event, connection.stream(), context);
  // The runtime, too, waits for its stream to have gone out, or to have broken.
  if (reader !== neverRead) await closed;
  return connection.result();
}
