import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { UsageView } from "../../usage-views.ts";
import { StackedBars } from "../charts/stacked-bars.tsx";
import { formatCompact, formatPeriod } from "../format.ts";
import { Section } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";
import { periodsOf } from "./range.ts";
import { type Metric, seriesByGroup, seriesByKind } from "./series.ts";

const GROUP_WORDS = { model: "by model", key: "by key", none: "of all requests" } as const;
const METRIC_WORDS = { cost: "Cost", requests: "Requests", tokens: "Tokens" } as const;

export function UsageCharts({ view }: { view: UsageView }) {
  const [metric, setMetric] = useState<Metric>("cost");
  const periods = periodsOf(view, view.grain);
  const labels = periods.map((period) => labelOf(period, view));
  const title = `${METRIC_WORDS[metric]} ${GROUP_WORDS[view.group_by]}`;
  const days = view.from === view.to ? view.from : `${view.from} to ${view.to}`;
  if (view.rows.length === 0) {
    return (
      <Section title={title}>
        <Empty title="Nothing in this time">Choose other days, or send a request.</Empty>
      </Section>
    );
  }
  return (
    <>
      <Section
        title={title}
        action={
          <SegmentedControl
            size="xs"
            aria-label="The chart shows"
            value={metric}
            onChange={(value) => setMetric(value as Metric)}
            data={[
              { value: "cost", label: "Cost" },
              { value: "requests", label: "Requests" },
              { value: "tokens", label: "Tokens" },
            ]}
          />
        }
      >
        <StackedBars
          label={`${title}, ${days}, as bars. The table below has the sums.`}
          labels={labels}
          series={seriesByGroup(view, periods, metric)}
          formatAxis={metric === "cost" ? axisUsd : formatCompact}
        />
      </Section>
      <Section title="Tokens by kind">
        <StackedBars
          label={`Tokens by kind, ${days}, as bars. The table below has the sums.`}
          labels={labels}
          series={seriesByKind(view, periods)}
          formatAxis={formatCompact}
        />
      </Section>
    </>
  );
}

/** Over several days an hour alone would say too little. */
function labelOf(period: string, { grain, from, to }: UsageView): string {
  if (grain === "day" || from === to) return formatPeriod(period);
  return `${formatPeriod(period.slice(0, "2026-11-23".length))} ${formatPeriod(period)}`;
}

/** A scale, not an amount. */
export function axisUsd(height: number): string {
  return `$${Number(height.toPrecision(4))}`;
}
