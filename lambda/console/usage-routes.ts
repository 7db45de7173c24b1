import { Hono } from "hono";
import { modelView } from "../core/model-view.ts";
import type { Console } from "./console.ts";
import { RequestsQuery, UsageQuery } from "./inputs.ts";
import { reportLink, reportsOf } from "./reports.ts";
import { requestOf, requestsOf } from "./requests.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { usageCsv, usageOf } from "./usage.ts";
import type { ModelsView } from "./usage-views.ts";
import { valid } from "./valid.ts";

export function usageRoutes(console: Console) {
  return (
    new Hono<ConsoleEnvironment>()
      .get("/usage", valid("query", UsageQuery), async (c) =>
        c.json(await usageOf(console, c.var.session.accountId, c.req.valid("query"))),
      )
      /** The same figures as a file, to be linked to. */
      .get("/usage.csv", valid("query", UsageQuery), async (c) => {
        const usage = await usageOf(console, c.var.session.accountId, c.req.valid("query"));
        c.header("content-type", "text/csv; charset=utf-8");
        const fileName = `wlrouter-usage-${usage.from}-${usage.to}.csv`;
        c.header("content-disposition", `attachment; filename="${fileName}"`);
        return c.body(usageCsv(usage));
      })
  );
}

export function reportRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/reports", async (c) => c.json(await reportsOf(console, c.var.session.accountId)))
    .post("/reports/:reportId/link", async (c) =>
      c.json(await reportLink(console, c.var.session.accountId, c.req.param("reportId"))),
    );
}

export function requestRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/requests", valid("query", RequestsQuery), async (c) =>
      c.json(await requestsOf(console, c.var.session.accountId, c.req.valid("query"))),
    )
    .get("/requests/:requestId", async (c) =>
      c.json(await requestOf(console, c.var.session.accountId, c.req.param("requestId"))),
    );
}

export function modelRoutes({ catalog }: Console) {
  const models = [...catalog.models.values()].map(modelView);
  return new Hono<ConsoleEnvironment>().get("/models", (c) => c.json<ModelsView>({ models }));
}
