import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { GatewayError } from "../core/errors.ts";
import { PaymentError } from "../core/payments.ts";
import type { Console } from "./console.ts";
import { ConsoleError, type ErrorBody, statusOf } from "./errors.ts";
import type { ConsoleEnvironment } from "./session.ts";

/** Anything that is not meant for people is a bug: they see 500 and nothing of it. */
export function errorAnswer(console: Pick<Console, "report">) {
  return (thrown: Error, c: Context<ConsoleEnvironment>): Response => {
    const error = asConsoleError(thrown);
    if (error.code === "internal_error") console.report(thrown, c.var.requestId);
    const body: ErrorBody = {
      error: {
        code: error.code,
        message: error.message,
        param: error.param,
        request_id: c.var.requestId,
      },
    };
    return Response.json(body, {
      status: statusOf(error.code),
      headers: { "cache-control": "no-store", "x-request-id": c.var.requestId },
    });
  };
}

function asConsoleError(thrown: Error): ConsoleError {
  if (thrown instanceof ConsoleError) return thrown;
  if (thrown instanceof PaymentError) {
    // Every form that has an amount calls it so.
    const field = thrown.code === "invalid_amount" ? { param: "amount" } : {};
    return new ConsoleError(thrown.code, thrown.message, { ...field, cause: thrown });
  }
  if (thrown instanceof HTTPException && thrown.status === 400) {
    return new ConsoleError("invalid_request", "The body is not valid JSON.", { cause: thrown });
  }
  if (thrown instanceof GatewayError && thrown.code === "service_unavailable") {
    return new ConsoleError("service_unavailable", thrown.message, { cause: thrown });
  }
  return new ConsoleError("internal_error", "Something went wrong here. It has been noted; try again.", {
    cause: thrown,
  });
}
