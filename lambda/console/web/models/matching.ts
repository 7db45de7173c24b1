import type { CatalogModel } from "../../usage-views.ts";
import { compareDescending } from "../money.ts";

/** Empty texts filter nothing. */
export interface Filter {
  readonly search: string;
  readonly owner: string;
  readonly modality: string;
}

export type Order = "name" | "input" | "output" | "context";

export const ORDERS: { value: Order; label: string }[] = [
  { value: "name", label: "By name" },
  { value: "input", label: "Cheapest input" },
  { value: "output", label: "Cheapest output" },
  { value: "context", label: "Longest context" },
];

/** Every word of the search is somewhere in the model's id or its maker's name. */
export function matching(models: readonly CatalogModel[], filter: Filter): readonly CatalogModel[] {
  const words = filter.search.toLowerCase().split(/\s+/);
  return models.filter((model) => {
    const text = `${model.id} ${model.owned_by}`.toLowerCase();
    if (filter.owner && model.owned_by !== filter.owner) return false;
    if (filter.modality && !model.input_modalities.includes(filter.modality)) return false;
    return words.every((word) => text.includes(word));
  });
}

const COMPARE: Readonly<Record<Order, (a: CatalogModel, b: CatalogModel) => number>> = {
  name: (a, b) => a.id.localeCompare(b.id),
  input: (a, b) => compareDescending(b.prices.input_per_million, a.prices.input_per_million),
  output: (a, b) => compareDescending(b.prices.output_per_million, a.prices.output_per_million),
  context: (a, b) => b.context_window - a.context_window,
};

export function ordered(models: readonly CatalogModel[], order: Order): readonly CatalogModel[] {
  return [...models].sort(COMPARE[order]);
}
