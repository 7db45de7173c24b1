import type { Context } from "hono";
import { PaymentError } from "../core/payments.ts";
import { ConsoleError, type ErrorBody, statusOf } from "./errors.ts";
import type { ConsoleEnvironment } from "./session.ts";

/** Anything that is not meant for people is a bug: they see 500 and nothing of it. */
export function answerError(thrown: Error, c: Context<ConsoleEnvironment>): Response {
  const error = asConsoleError(thrown);
  const body: ErrorBody = {
    error: {
      code: error.code,
      message: error.message,
      param: error.param,
      request_id: c.var.requestId,
    },
  };
  return Response.json(body, { status: statusOf(error.code) });
}

function asConsoleError(thrown: Error): ConsoleError {
  if (thrown instanceof ConsoleError) return thrown;
  if (thrown instanceof PaymentError) return new ConsoleError(thrown.code, thrown.message, { cause: thrown });
  return new ConsoleError("internal_error", "Something went wrong here. It has been noted; try again.", {
    cause: thrown,
  });
}
