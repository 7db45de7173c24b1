import { Hono } from "hono";
import type { Console } from "./console.ts";
import { RequestsQuery, UsageQuery } from "./inputs.ts";
import { pending } from "./pending.ts";
import type { ConsoleEnvironment } from "./session.ts";
import type {
  LinkView,
  ModelsView,
  ReportsView,
  RequestDetail,
  RequestsView,
  UsageView,
} from "./usage-views.ts";
import { valid } from "./valid.ts";

export function usageRoutes(_console: Console) {
  return (
    new Hono<ConsoleEnvironment>()
      .get("/usage", valid("query", UsageQuery), async (c) => c.json(await pending<UsageView>()))
      /** The same figures as a file: `text/csv`, to be linked to. */
      .get("/usage.csv", valid("query", UsageQuery), async (c) => c.body(await pending<string>()))
  );
}

export function reportRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/reports", async (c) => c.json(await pending<ReportsView>()))
    .post("/reports/:reportId/link", async (c) => c.json(await pending<LinkView>()));
}

export function requestRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/requests", valid("query", RequestsQuery), async (c) => c.json(await pending<RequestsView>()))
    .get("/requests/:requestId", async (c) => c.json(await pending<RequestDetail>()));
}

export function modelRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>().get("/models", async (c) => c.json(await pending<ModelsView>()));
}
