import { Hono } from "hono";
import { balanceRoutes, keyRoutes, memberRoutes, startRoutes } from "./account-routes.ts";
import { answerError } from "./answer-error.ts";
import type { Console } from "./console.ts";
import { signedIn } from "./guards.ts";
import { operatorAccountRoutes, operatorRoutes } from "./operator-routes.ts";
import { paymentRoutes } from "./payment-routes.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { sessionRoutes } from "./session-routes.ts";
import { modelRoutes, reportRoutes, requestRoutes, usageRoutes } from "./usage-routes.ts";

/**
 * The console's API, to be mounted at `/console/api`. Errors are `ErrorBody` of errors.ts.
 *
 *     import type { ConsoleApi } from "../api.ts";
 *     const api = hc<ConsoleApi>("./api", { headers: () => ({ "x-csrf-token": session.csrf_token }) });
 */
export function createConsoleApi(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .use("*", async (c, next) => {
      c.set("requestId", console.newRequestId());
      await next();
      c.res.headers.set("x-request-id", c.var.requestId);
    })
    .onError(answerError)
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
    .route("/", operatorRoutes(console));
}

/** For hono's client, as a type only: the page never loads the API itself. */
export type ConsoleApi = ReturnType<typeof createConsoleApi>;
