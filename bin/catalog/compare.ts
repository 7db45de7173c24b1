import type { ValidConfig } from "../../lib/config.ts";
import type { Explanation } from "./explained.ts";
import { decimal, type PriceFigures, type Source, type Stated } from "./sources.ts";

type Model = ValidConfig["models"][number];

/** One figure of ours that a source states otherwise, or that no source states. */
export interface Drift {
  readonly model: string;
  readonly field: string;
  readonly ours: string;
  readonly source: string;
  readonly theirs: string;
  /** Where we know why. */
  readonly why?: string | undefined;
}

export interface Comparison {
  readonly drift: readonly Drift[];
  /** Explanations that explain nothing any more. */
  readonly stale: readonly Explanation[];
  /** How many figures of ours a source stated and were the same. */
  readonly agreed: number;
}

/** genai-prices rounds context windows: 1,048,576 is a million there. */
const ROUNDING = 0.05;

export function compareCatalog(
  { models }: Pick<ValidConfig, "models">,
  sources: readonly Source[],
  explained: readonly Explanation[],
): Comparison {
  const drift: Drift[] = [];
  let agreed = 0;
  for (const model of models) {
    const stated = sources.flatMap(({ name, find }) => {
      const [route] = model.routes;
      const found = route && find(route.provider, route.model);
      return found ? [{ source: name, found }] : [];
    });
    for (const { field, ours } of figuresOf(model)) {
      const said = stated.flatMap(({ source, found }) => {
        const theirs = statedFigure(found, field, model);
        return theirs === undefined ? [] : [{ source, theirs }];
      });
      if (said.length === 0) drift.push({ model: model.id, field, ours, source: "no source", theirs: "-" });
      for (const { source, theirs } of said) {
        if (isSame(field, ours, theirs, source)) agreed += 1;
        else drift.push({ model: model.id, field, ours, source, theirs });
      }
    }
    drift.push(...missingPrices(model, stated));
  }
  const isExplained = (it: Drift) => explained.find((known) => explains(known, it));
  return {
    drift: drift.map((it) => ({ ...it, why: isExplained(it)?.why })),
    stale: explained.filter((known) => !drift.some((it) => explains(known, it))),
    agreed,
  };
}

function explains(known: Explanation, { model, source, field }: Drift): boolean {
  return known.models.includes(model) && known.source === source && field.includes(known.field ?? "");
}

function figuresOf(model: Model): { field: string; ours: string }[] {
  const { tiers = [], ...prices } = model.prices;
  return [
    { field: "contextWindow", ours: String(model.contextWindow) },
    { field: "maxOutputTokens", ours: String(model.maxOutputTokens) },
    ...pricesOf("", prices),
    ...tiers.flatMap(({ aboveInputTokens: _, ...tier }, index) => pricesOf(`tiers[${index}].`, tier)),
  ];
}

function pricesOf(prefix: string, prices: Readonly<Record<string, string | undefined>>) {
  return Object.entries(prices).flatMap(([name, price]) =>
    price === undefined ? [] : [{ field: `${prefix}${name}`, ours: decimal(price) }],
  );
}

function statedFigure(found: Stated, field: string, { contextWindow }: Model): string | undefined {
  if (field === "contextWindow" || field === "maxOutputTokens") return found[field]?.toString();
  const [, index, name = field] = /^tiers\[(\d+)\]\.(.*)$/.exec(field) ?? [];
  if (index === undefined) return found.prices[name];
  return reachable(found, contextWindow)[Number(index)]?.prices[name];
}

/** A tier that begins where the model's window ends never prices anything. */
function reachable({ tiers }: Stated, contextWindow: number): Stated["tiers"] {
  return tiers.filter(({ above }) => above < contextWindow);
}

function isSame(field: string, ours: string, theirs: string, source: string): boolean {
  if (field !== "contextWindow" || source !== "genai-prices") return ours === theirs;
  return Math.abs(Number(ours) - Number(theirs)) <= Number(ours) * ROUNDING;
}

/** A price that a source has and we don't: that kind of token would be sold at another kind's price. */
function missingPrices(model: Model, stated: readonly { source: string; found: Stated }[]): Drift[] {
  const { tiers = [], ...prices } = model.prices;
  return stated.flatMap(({ source, found }) => {
    const theirTiers = reachable(found, model.contextWindow);
    const lists: [string, Readonly<Record<string, unknown>>, PriceFigures][] = [
      ["", prices, found.prices],
      ...theirTiers.map((tier, index): [string, Readonly<Record<string, unknown>>, PriceFigures] => [
        `tiers[${index}].`,
        { ...tiers[index] },
        tier.prices,
      ]),
    ];
    return lists.flatMap(([prefix, ours, theirs]) =>
      Object.entries(theirs)
        .filter(([name, price]) => ours[name] === undefined && Number(price) > 0)
        .map(([name, price]) => ({
          model: model.id,
          field: `${prefix}${name}`,
          ours: "-",
          source,
          theirs: price,
        })),
    );
  });
}
