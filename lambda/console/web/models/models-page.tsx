import { Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CatalogModel } from "../../usage-views.ts";
import { formatCompact, plural } from "../format.ts";
import { formatMoney } from "../money.ts";
import { CopyIcon } from "../parts/copy-button.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";
import { modelsQuery } from "../queries.ts";
import { type Filter, matching, ORDERS, type Order, ordered } from "./matching.ts";

export function ModelsPage() {
  const [filter, setFilter] = useState<Filter>({ search: "", owner: "", modality: "" });
  const [order, setOrder] = useState<Order>("name");
  const query = useQuery(modelsQuery);
  return (
    <Page title="Models" about="What can be asked for, and what it costs: in USD for a million tokens.">
      <Loaded query={query} loading={<LoadingRows rows={12} label="The models are loading" />}>
        {(models) => {
          const shown = ordered(matching(models, filter), order);
          return (
            <Section title={plural(shown.length, "model")} flush>
              <Filters
                models={models}
                filter={filter}
                setFilter={setFilter}
                order={order}
                setOrder={setOrder}
              />
              {shown.length > 0 ? (
                <DataTable label="Models" columns={COLUMNS} rows={shown} rowKey={({ id }) => id} />
              ) : (
                <Empty title="No such model">No model of this gateway matches. Search for less.</Empty>
              )}
            </Section>
          );
        }}
      </Loaded>
    </Page>
  );
}

const COLUMNS: readonly Column<CatalogModel>[] = [
  { title: "Model", leads: true, cell: (model) => <ModelName model={model} /> },
  { title: "Input", isFigure: true, cell: ({ prices }) => formatMoney(prices.input_per_million) },
  {
    title: "Cached input",
    isFigure: true,
    cell: ({ prices }) => formatMoney(prices.cache_read_per_million),
  },
  { title: "Output", isFigure: true, cell: ({ prices }) => formatMoney(prices.output_per_million) },
  { title: "Context, tokens", isFigure: true, cell: (model) => formatCompact(model.context_window) },
  { title: "Longest answer", isFigure: true, cell: (model) => formatCompact(model.max_output_tokens) },
];

function ModelName({ model }: { model: CatalogModel }) {
  const kinds = model.input_modalities.filter((kind) => kind !== "text");
  const [tier] = model.prices.tiers;
  return (
    <div>
      <Group gap={4} wrap="nowrap">
        <Text size="sm" fw={600} className="breaks">
          {model.id}
        </Text>
        <CopyIcon text={model.id} what={model.id} />
      </Group>
      <Text size="xs" c="dimmed">
        {model.owned_by}
        {kinds.length > 0 && ` · reads ${kinds.join(", ")}`}
        {tier && ` · dearer above ${formatCompact(tier.above_input_tokens)} tokens of input`}
      </Text>
    </div>
  );
}

interface FiltersProps {
  readonly models: readonly CatalogModel[];
  readonly filter: Filter;
  readonly setFilter: (filter: Filter) => void;
  readonly order: Order;
  readonly setOrder: (order: Order) => void;
}

function Filters({ models, filter, setFilter, order, setOrder }: FiltersProps) {
  const owners = [...new Set(models.map((model) => model.owned_by))].sort();
  const modalities = [...new Set(models.flatMap((model) => model.input_modalities))].sort();
  return (
    <div className="filters">
      <TextInput
        aria-label="Search models"
        placeholder="Search models"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={filter.search}
        onChange={(event) => setFilter({ ...filter, search: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Made by"
        data={[{ value: "", label: "Made by anyone" }, ...owners]}
        value={filter.owner}
        onChange={(event) => setFilter({ ...filter, owner: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Reads"
        data={[
          { value: "", label: "Reads anything" },
          ...modalities.map((value) => ({ value, label: `Reads ${value}` })),
        ]}
        value={filter.modality}
        onChange={(event) => setFilter({ ...filter, modality: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Order"
        data={ORDERS}
        value={order}
        onChange={(event) => setOrder(event.currentTarget.value as Order)}
      />
    </div>
  );
}
