// `npm run catalog:check`: wlrouter.config.ts against what others say of the same models, by exact id. Prints every
// difference with its reason, where we know one, and ends with 1 on any that nobody has explained.
import Table from "cli-table3";
import { loadConfig } from "../lib/config.ts";
import { compareCatalog, type Drift } from "./catalog/compare.ts";
import { EXPLAINED } from "./catalog/explained.ts";
import { genaiPrices, modelsDev } from "./catalog/sources.ts";

const config = await loadConfig(process.env["WLROUTER_CONFIG"] ?? "wlrouter.config.ts");
const list = modelsDev();
if (!list) console.log("models.dev's list is not at ../shared/data/models.json: limits are not compared");
const sources = [genaiPrices(new Date()), ...(list ? [list] : [])];
const { drift, stale, agreed } = compareCatalog(config, sources, EXPLAINED);
// Without the list nobody states a limit, and what explains a difference with it explains nothing.
const counted = list ? drift : drift.filter(({ source }) => source === "genai-prices");
const unexplained = counted.filter(({ why }) => why === undefined);
print(
  "Explained",
  counted.filter(({ why }) => why !== undefined),
);
print("Drift", unexplained);
if (list) {
  for (const { models, source, why } of stale)
    console.log(`Explains nothing any more: ${models.join(", ")}, ${source}: ${why}`);
}
console.log(
  `${config.models.length} models: ${agreed} figures agree, ${counted.length - unexplained.length} differ for a known reason, ` +
    `${unexplained.length} for none`,
);
if (unexplained.length > 0 || (list && stale.length > 0)) process.exitCode = 1;

function print(title: string, rows: readonly Drift[]): void {
  if (rows.length === 0) return;
  const table = new Table({
    head: ["model", "figure", "ours", "source", "theirs", "why"],
    style: { head: [], border: [] },
  });
  for (const { model, field, ours, source, theirs, why } of rows) {
    table.push([model, field, ours, source, theirs, why ?? ""]);
  }
  console.log(`${title}\n${table.toString()}`);
}
