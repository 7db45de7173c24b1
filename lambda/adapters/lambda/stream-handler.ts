import type { APIGatewayProxyEvent, Context, StreamifyHandler } from "aws-lambda";
import type { Answer, PlainRequest } from "../../core/answer.ts";
import { GatewayError } from "../../core/errors.ts";
import { errorAnswer, errorResponse } from "./error-response.ts";
import { eventToRequest, plainRequestOf } from "./event-to-request.ts";
import { writeAnswer, writeResponse } from "./write-response.ts";

/** hono's execution context, and the moment at which Lambda stops the function. */
export interface LambdaRequestContext {
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  /** Lambda's id of this invocation, for what is said before the gateway has made an id of its own. */
  readonly awsRequestId: string;
  readonly props: object;
  /** The function stays alive until the promise has settled, however the response ends. A rejection is reported, no more. */
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

export type Fetch = (request: Request, context: LambdaRequestContext) => Response | Promise<Response>;

/** One method and path that is answered without the web's requests and responses, for their cost. */
export interface PlainRoute {
  readonly method: string;
  readonly path: string;
  readonly answer: (request: PlainRequest, context: LambdaRequestContext) => Promise<Answer>;
}

export interface StreamHandlerOptions {
  readonly plainRoute?: PlainRoute;
  /** A client that takes nothing for this long has left. API Gateway gives up at five minutes. */
  readonly stallLimitMs?: number;
  /** Waited for before the invocation ends, when all else is done. */
  readonly last?: () => Promise<void>;
  /** Told of errors that reach no client. The default logs the error's class and where it came from, never its message. */
  readonly report?: (error: unknown, awsRequestId: string) => void;
}

/** What settling and draining need at the end, however long a client has kept us waiting. */
const RESERVED_FOR_SETTLING_MS = 20_000;

/**
 * A Lambda handler for API Gateway's streamed proxy integration: event to Request, Response to stream.
 * It never throws: once bytes have left, a throw would only cost the settlement that is still to come.
 */
export function streamHandler(
  fetch: Fetch,
  options: StreamHandlerOptions = {},
): StreamifyHandler<APIGatewayProxyEvent, void> {
  const { stallLimitMs = 60_000, report = reportToLog, plainRoute, last } = options;
  surviveStrayRejections();
  return awslambda.streamifyResponse(async (event: APIGatewayProxyEvent, stream, lambda) => {
    const reportHere = (error: unknown): void => report(error, lambda.awsRequestId);
    const background = new Background(reportHere);
    const context = requestContext(lambda, background);

    const writing = {
      requestId: lambda.awsRequestId,
      stallLimitMs: () => clamp(context.deadlineMs - Date.now() - RESERVED_FOR_SETTLING_MS, stallLimitMs),
      report: reportHere,
    };
    const plain = plainRoute && plainRequestOf(event, plainRoute);
    if (plainRoute && plain) {
      await writeAnswer(await answerPlain(plainRoute, plain, context, reportHere), stream, writing);
    } else {
      await writeResponse(await answer(fetch, event, context, reportHere), stream, writing);
    }
    await background.done();
    await last?.();
  });
}

async function answer(
  fetch: Fetch,
  event: APIGatewayProxyEvent,
  context: LambdaRequestContext,
  report: (error: unknown) => void,
): Promise<Response> {
  let request: Request;
  try {
    request = eventToRequest(event);
  } catch {
    const error = new GatewayError("invalid_value", "This is not an HTTP request that can be understood.");
    return errorResponse(400, error, context.awsRequestId);
  }
  try {
    return await fetch(request, context);
  } catch (error) {
    report(error);
    return errorResponse(500, unknown(), context.awsRequestId);
  }
}

async function answerPlain(
  route: PlainRoute,
  request: PlainRequest,
  context: LambdaRequestContext,
  report: (error: unknown) => void,
): Promise<Answer> {
  try {
    return await route.answer(request, context);
  } catch (error) {
    report(error);
    return errorAnswer(500, unknown(), context.awsRequestId);
  }
}

function unknown(): GatewayError {
  return new GatewayError("internal_error", "Something went wrong on our side.");
}

function requestContext(lambda: Context, background: Background): LambdaRequestContext {
  return {
    deadlineMs: Date.now() + lambda.getRemainingTimeInMillis(),
    awsRequestId: lambda.awsRequestId,
    props: {},
    waitUntil: (promise) => background.add(promise),
    passThroughOnException: () => {},
  };
}

/** Work that outlives the response: settle and drain. */
class Background {
  readonly #report: (error: unknown) => void;
  #pending: Promise<unknown>[] = [];

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(promise: Promise<unknown>): void {
    // Caught here and not in done(), which comes too late for a promise that fails while the body is still being sent.
    this.#pending.push(promise.catch(this.#report));
  }

  async done(): Promise<void> {
    // What is waited for may ask for more to be waited for.
    while (this.#pending.length > 0) await Promise.all(this.#pending.splice(0));
  }
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}

/** Past the console, which Lambda's runtime would wrap: one line of JSON, like every line of ours. */
function reportToLog(error: unknown, awsRequestId: string): void {
  const [alarm, stack] = error instanceof Error ? [error.name, error.stack] : [typeof error];
  // A stack begins with the message, which may hold anything; what follows are places in code.
  const at = stack?.match(/^\s+(at .*)$/m)?.[1];
  process.stderr.write(`${JSON.stringify({ alarm, at, awsRequestId })}\n`);
}

let surviving = false;

/**
 * When a response's connection breaks, the runtime rejects promises that nobody listens to, and Node ends the process:
 * with it the settlement. (Seen with aws-lambda-ric 4.0.2.) The sweeper would give such a hold back, and the answer away.
 */
function surviveStrayRejections(): void {
  if (surviving) return;
  surviving = true;
  process.on("unhandledRejection", (error) => reportToLog(error, "-"));
}
