import { Hono } from "hono";
import type { Console } from "./console.ts";
import { operatorOnly } from "./guards.ts";
import {
  AccountsQuery,
  AdjustmentInput,
  PageQuery,
  RangeQuery,
  RefundInput,
  ResolutionInput,
  StatusInput,
} from "./inputs.ts";
import { accountDetail, adjust, changeStatus, findAccounts, refund } from "./operator-accounts.ts";
import { auditOf, providersOf } from "./operator-health.ts";
import { expiredHolds, resolveSuspense, revenueOf, suspenseEntries } from "./operator-money.ts";
import type { DeadLettersView } from "./operator-views.ts";
import { receiptsOf } from "./payment-routes.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { valid } from "./valid.ts";

/** Accounts of others, for operators: each action leaves an audit entry. */
export function operatorAccountRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .use("/operator/*", operatorOnly)
    .get("/operator/accounts", valid("query", AccountsQuery), async (c) =>
      c.json(await findAccounts(console, c.req.valid("query").search)),
    )
    .get("/operator/accounts/:accountId", async (c) =>
      c.json(await accountDetail(console, c.req.param("accountId"))),
    )
    .post("/operator/accounts/:accountId/adjustments", valid("json", AdjustmentInput), async (c) =>
      c.json(await adjust(console, c.var.session, c.req.param("accountId"), c.req.valid("json"))),
    )
    .put("/operator/accounts/:accountId/status", valid("json", StatusInput), async (c) =>
      c.json(await changeStatus(console, c.var.session, c.req.param("accountId"), c.req.valid("json"))),
    )
    .get("/operator/accounts/:accountId/receipts", async (c) =>
      c.json({ receipts: await receiptsOf(console.payments, c.req.param("accountId")) }),
    )
    .post(
      "/operator/accounts/:accountId/receipts/:paymentId/refund",
      valid("json", RefundInput),
      async (c) => {
        const { accountId, paymentId } = c.req.param();
        await refund(console, c.var.session, accountId, paymentId, c.req.valid("json"));
        return c.json({ receipts: await receiptsOf(console.payments, accountId) });
      },
    );
}

/** How the whole installation fares. */
export function operatorRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .use("/operator/*", operatorOnly)
    .get("/operator/revenue", valid("query", RangeQuery), async (c) =>
      c.json(await revenueOf(console, c.req.valid("query"))),
    )
    .get("/operator/providers", async (c) => c.json(await providersOf(console)))
    .get("/operator/expired-holds", valid("query", PageQuery), async (c) =>
      c.json(await expiredHolds(console, c.req.valid("query").cursor)),
    )
    .get("/operator/suspense", valid("query", PageQuery), async (c) =>
      c.json(await suspenseEntries(console, c.req.valid("query").cursor)),
    )
    .post("/operator/suspense/:accountId/:requestId/resolve", valid("json", ResolutionInput), async (c) =>
      c.json(await resolveSuspense(console, c.var.session, c.req.param(), c.req.valid("json"))),
    )
    .get("/operator/dead-letters", async (c) =>
      c.json<DeadLettersView>({ queues: await console.deadLetters.depths() }),
    )
    .get("/operator/audit", valid("query", PageQuery), async (c) =>
      c.json(await auditOf(console, c.req.valid("query").cursor)),
    );
}
