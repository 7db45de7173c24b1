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
import type {
  AccountDetail,
  AccountRow,
  AccountsView,
  AdjustedView,
  AuditView,
  DeadLettersView,
  ExpiredHoldsView,
  ProvidersView,
  RevenueView,
  SuspenseListView,
  SuspenseView,
} from "./operator-views.ts";
import { pending } from "./pending.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { valid } from "./valid.ts";
import type { ReceiptView } from "./views.ts";

/** Accounts of others, for operators: each action leaves an audit entry. */
export function operatorAccountRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .use("/operator/*", operatorOnly)
    .get("/operator/accounts", valid("query", AccountsQuery), async (c) =>
      c.json(await pending<AccountsView>()),
    )
    .get("/operator/accounts/:accountId", async (c) => c.json(await pending<AccountDetail>()))
    .post("/operator/accounts/:accountId/adjustments", valid("json", AdjustmentInput), async (c) =>
      c.json(await pending<AdjustedView>()),
    )
    .put("/operator/accounts/:accountId/status", valid("json", StatusInput), async (c) =>
      c.json(await pending<AccountRow>()),
    )
    .get("/operator/accounts/:accountId/receipts", async (c) =>
      c.json(await pending<{ receipts: ReceiptView[] }>()),
    )
    .post("/operator/accounts/:accountId/receipts/:paymentId/refund", valid("json", RefundInput), async (c) =>
      c.json(await pending<{ receipts: ReceiptView[] }>()),
    );
}

/** How the whole installation fares. */
export function operatorRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .use("/operator/*", operatorOnly)
    .get("/operator/revenue", valid("query", RangeQuery), async (c) => c.json(await pending<RevenueView>()))
    .get("/operator/providers", async (c) => c.json(await pending<ProvidersView>()))
    .get("/operator/expired-holds", valid("query", PageQuery), async (c) =>
      c.json(await pending<ExpiredHoldsView>()),
    )
    .get("/operator/suspense", valid("query", PageQuery), async (c) =>
      c.json(await pending<SuspenseListView>()),
    )
    .post("/operator/suspense/:accountId/:requestId/resolve", valid("json", ResolutionInput), async (c) =>
      c.json(await pending<SuspenseView>()),
    )
    .get("/operator/dead-letters", async (c) => c.json(await pending<DeadLettersView>()))
    .get("/operator/audit", valid("query", PageQuery), async (c) => c.json(await pending<AuditView>()));
}
