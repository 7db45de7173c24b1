import { NativeSelect, SimpleGrid, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RevenueDay, RevenueView } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { StackedBars } from "../charts/stacked-bars.tsx";
import { formatCount, formatPeriod } from "../format.ts";
import { formatMoney, heightOf } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingBlock } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { PRESETS, type Preset, periodsOf, rangeOf } from "../usage/range.ts";
import { axisUsd } from "../usage/usage-charts.tsx";

const SHOWN_PRESETS = PRESETS.filter(({ value }) => value !== "own" && value !== "today");

export function RevenuePage() {
  const [preset, setPreset] = useState<Preset>("30");
  const range = rangeOf(preset, { from: "", to: "" }, Date.now());
  const query = useQuery({
    queryKey: ["operator", "revenue", range],
    queryFn: () => read(api.operator.revenue.$get({ query: { ...range } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Revenue"
      about="What customers were charged, and what providers ask for the same tokens at today’s costs. Days are UTC."
      action={
        <NativeSelect
          aria-label="Time"
          data={SHOWN_PRESETS}
          value={preset}
          onChange={(event) => setPreset(event.currentTarget.value as Preset)}
        />
      }
    >
      <Loaded query={query} loading={<LoadingBlock height={880} label="The revenue is loading" />}>
        {(view) => <Figures view={view} />}
      </Loaded>
    </Page>
  );
}

const COLUMNS: readonly Column<RevenueDay>[] = [
  { title: "Day", leads: true, cell: ({ day }) => <b className="no-wrap">{day}</b> },
  { title: "Requests", isFigure: true, cell: ({ requests }) => formatCount(requests) },
  { title: "Not completed", isFigure: true, cell: ({ failures }) => formatCount(failures) },
  { title: "Revenue", isFigure: true, cell: ({ revenue }) => <Money amount={revenue} /> },
  { title: "Upstream cost", isFigure: true, cell: ({ upstream_cost }) => <Money amount={upstream_cost} /> },
  { title: "Margin", isFigure: true, cell: ({ margin }) => <Money amount={margin} /> },
];

function Figures({ view }: { view: RevenueView }) {
  const { total } = view;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
        <Tile label="Revenue">
          <Money amount={total.revenue} />
        </Tile>
        <Tile label="Upstream cost">
          <Money amount={total.upstream_cost} />
        </Tile>
        <Tile label="Margin">
          <Money amount={total.margin} />
        </Tile>
        <Tile label="Requests" about={`${formatCount(total.failures)} not completed`}>
          {formatCount(total.requests)}
        </Tile>
      </SimpleGrid>
      <RevenueChart view={view} />
      <Section title="By day" flush>
        {view.days.length > 0 ? (
          <DataTable
            label="By day"
            columns={COLUMNS}
            rows={[...view.days].reverse()}
            rowKey={({ day }) => day}
          />
        ) : (
          <Empty title="Nothing in this time">No request was charged on these days.</Empty>
        )}
      </Section>
    </Stack>
  );
}

/** Cost and margin on each other are the revenue; a loss is shown below the line. */
function RevenueChart({ view }: { view: RevenueView }) {
  const days = periodsOf(view, "day");
  const byDay = new Map(view.days.map((day) => [day.day, day]));
  const amounts = (field: "upstream_cost" | "margin") => days.map((day) => byDay.get(day)?.[field] ?? "0");
  const series = (name: string, field: "upstream_cost" | "margin") => ({
    name,
    heights: amounts(field).map(heightOf),
    texts: amounts(field).map(formatMoney),
  });
  return (
    <Section title="Revenue by day" about="Upstream cost and margin on each other.">
      <StackedBars
        label={`Revenue by day, ${view.from} to ${view.to}, as bars. The table below has the figures.`}
        labels={days.map(formatPeriod)}
        series={[series("Upstream cost", "upstream_cost"), series("Margin", "margin")]}
        formatAxis={axisUsd}
      />
    </Section>
  );
}
