import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { balanceRoutes, keyRoutes, memberRoutes, startRoutes } from "./account-routes.ts";
import { errorAnswer } from "./answer-error.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import { signedIn } from "./guards.ts";
import { operatorAccountRoutes, operatorRoutes } from "./operator-routes.ts";
import { paymentRoutes } from "./payment-routes.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { sessionRoutes } from "./session-routes.ts";
import { modelRoutes, reportRoutes, requestRoutes, usageRoutes } from "./usage-routes.ts";

const LONGEST_BODY_BYTES = 64 * 1_024;

/**
 * The console's API, to be mounted at `/console/api`. Errors are `ErrorBody` of errors.ts.
 *
 *     import type { ConsoleApi } from "../api.ts";
 *     const api = hc<ConsoleApi>("./api", { headers: () => ({ "x-csrf-token": session.csrf_token }) });
 */
export function createConsoleApi(console: Console) {
  const onError = (): never => {
    throw new ConsoleError("request_too_large", "The body is larger than 64 kB.");
  };
  return new Hono<ConsoleEnvironment>()
    .use("*", async (c, next) => {
      c.set("requestId", console.newRequestId());
      await next();
      c.res.headers.set("x-request-id", c.var.requestId);
    })
    .use("*", bodyLimit({ maxSize: LONGEST_BODY_BYTES, onError }))
    .onError(errorAnswer(console))
    .route("/", sessionRoutes(console))
    .use("*", signedIn(console))
    .route("/", startRoutes(console))
    .route("/", keyRoutes(console))
    .route("/", balanceRoutes(console))
    .route("/", paymentRoutes(console))
    .route("/", usageRoutes(console))
    .route("/", reportRoutes(console))
    .route("/", requestRoutes(console))
    .route("/", modelRoutes(console))
    .route("/", memberRoutes(console))
    .route("/", operatorAccountRoutes(console))
    .route("/", operatorRoutes(console))
    .all("*", (c) => {
      throw new ConsoleError("not_found", `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}.`);
    });
}

/** For hono's client, as a type only: the page never loads the API itself. */
export type ConsoleApi = ReturnType<typeof createConsoleApi>;
