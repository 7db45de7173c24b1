import path from "node:path";
import type { Command } from "commander";
import { loadCatalog, type Model } from "../../lambda/core/catalog.ts";
import { modelView } from "../../lambda/core/model-view.ts";
import { formatUsdPerMillion } from "../../lambda/core/money.ts";
import { table } from "./output.ts";
import type { Answer, Session } from "./session.ts";

export function addModels(program: Command, session: Session): void {
  program
    .command("models")
    .description("the configured models with their prices")
    .action(session.answers(() => list(session)));
}

const ROOT = path.dirname(path.dirname(import.meta.dirname));

/** What the configuration names; on this machine also the demo model. @throws ConfigError */
export async function configuredModels(session: Session): Promise<Model[]> {
  const file = session.io.env["WLROUTER_CONFIG"] ?? path.join(ROOT, "wlrouter.config.ts");
  const { compileCatalog, loadConfig } = await import("../../lib/config.ts");
  const { DEMO_MODEL } = await import("../../local/demo-provider.ts");
  const catalog = compileCatalog(await loadConfig(file));
  const models = session.isLocal() ? [...catalog.models, DEMO_MODEL] : catalog.models;
  return [...loadCatalog({ ...catalog, models }).models.values()];
}

async function list(session: Session): Promise<Answer> {
  const models = await configuredModels(session);
  const rows = models.map((model) => [
    model.id,
    formatUsdPerMillion(model.prices.input),
    formatUsdPerMillion(model.prices.cacheRead),
    formatUsdPerMillion(model.prices.output),
    String(model.contextWindow),
    String(model.maxOutputTokens),
    model.routes.map((route) => route.provider).join(", "),
  ]);
  const heads = ["MODEL", ">INPUT", ">CACHED", ">OUTPUT", ">CONTEXT", ">MAX OUTPUT", "PROVIDERS"];
  return {
    json: models.map((model) => ({
      ...modelView(model),
      routes: model.routes.map(({ provider, model: upstream }) => ({ provider, model: upstream })),
    })),
    text: `${table(heads, rows)}\n\nPrices in USD per million tokens.`,
  };
}
