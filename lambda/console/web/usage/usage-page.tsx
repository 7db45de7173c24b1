import { Button, SimpleGrid, Stack } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { UsageView } from "../../usage-views.ts";
import { API_URL, api, read } from "../api.ts";
import { formatCompact, formatCount } from "../format.ts";
import { Money } from "../parts/money.tsx";
import { Page } from "../parts/page.tsx";
import { Loaded, LoadingBlock } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { GroupTable } from "./group-table.tsx";
import { rangeOf } from "./range.ts";
import { ReportsSection } from "./reports.tsx";
import { tokensOf } from "./series.ts";
import { UsageCharts } from "./usage-charts.tsx";
import { type Asked, UsageControls } from "./usage-controls.tsx";

export function UsagePage() {
  const [asked, setAsked] = useState<Asked>(() => ({
    preset: "30",
    own: rangeOf("30", { from: "", to: "" }, Date.now()),
    grain: "day",
    group_by: "model",
  }));
  const range = rangeOf(asked.preset, asked.own, Date.now());
  const parameters = { ...range, grain: asked.grain, group_by: asked.group_by };
  const query = useQuery({
    queryKey: ["usage", parameters],
    queryFn: () => read(api.usage.$get({ query: parameters })),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Usage"
      about="What was asked for and what it cost. Days and hours are UTC."
      action={
        <Button
          component="a"
          href={`${API_URL}/usage.csv?${new URLSearchParams(parameters)}`}
          download
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download CSV
        </Button>
      }
    >
      <UsageControls asked={asked} setAsked={setAsked} />
      <Loaded query={query} loading={<LoadingBlock height={1_120} label="The usage is loading" />}>
        {(view) => <Figures view={view} />}
      </Loaded>
      <ReportsSection />
    </Page>
  );
}

function Figures({ view }: { view: UsageView }) {
  const { total } = view;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
        <Tile label="Cost">
          <Money amount={total.cost} />
        </Tile>
        <Tile label="Requests" about={`${formatCount(total.failures)} not completed`}>
          {formatCount(total.requests)}
        </Tile>
        <Tile label="Tokens" about={`${formatCount(total.reasoning_tokens)} of reasoning`}>
          {formatCompact(tokensOf(total))}
        </Tile>
        <Tile label="Saved by caching" about="at today’s prices">
          <Money amount={total.cache_savings} />
        </Tile>
      </SimpleGrid>
      <UsageCharts view={view} />
      <GroupTable view={view} />
    </Stack>
  );
}
