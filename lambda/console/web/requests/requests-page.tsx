import { Anchor, Button, NativeSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { RequestRow } from "../../usage-views.ts";
import { api, read } from "../api.ts";
import { formatCount, formatDuration } from "../format.ts";
import type { Column } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { PagedTable } from "../parts/paged-table.tsx";
import { Empty, LoadingRows } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { keysQuery, modelsQuery } from "../queries.ts";
import { OUTCOMES, OutcomeBadge } from "./outcome-badge.tsx";

interface Filter {
  readonly key_id: string;
  readonly model: string;
  readonly outcome: "" | RequestRow["outcome"];
  readonly request_id: string;
}

const NOTHING: Filter = { key_id: "", model: "", outcome: "", request_id: "" };

export function RequestsPage() {
  const [filter, setFilter] = useState(NOTHING);
  return (
    <Page
      title="Requests"
      about="Every request and what it cost, newest first. What was asked and answered is never kept, so it is not here either."
    >
      <Section title="Log" flush>
        <Filters filter={filter} setFilter={setFilter} />
        <Log filter={filter} clear={() => setFilter(NOTHING)} />
      </Section>
    </Page>
  );
}

function Filters({ filter, setFilter }: { filter: Filter; setFilter: (filter: Filter) => void }) {
  const { data: keys = [] } = useQuery(keysQuery);
  const { data: models = [] } = useQuery(modelsQuery);
  return (
    <div className="filters">
      <TextInput
        aria-label="Request id"
        placeholder="Request id, req_…"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={filter.request_id}
        onChange={(event) => setFilter({ ...filter, request_id: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Key"
        data={[
          { value: "", label: "Any key" },
          ...keys.map((key) => ({ value: key.key_id, label: `${key.name} …${key.last4}` })),
        ]}
        value={filter.key_id}
        onChange={(event) => setFilter({ ...filter, key_id: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Model"
        data={[{ value: "", label: "Any model" }, ...models.map(({ id }) => id)]}
        value={filter.model}
        onChange={(event) => setFilter({ ...filter, model: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Outcome"
        data={[{ value: "", label: "Any outcome" }, ...Object.keys(OUTCOMES)]}
        value={filter.outcome}
        onChange={(event) =>
          setFilter({ ...filter, outcome: event.currentTarget.value as Filter["outcome"] })
        }
      />
    </div>
  );
}

/** Absent parameters filter nothing; empty ones would be refused. */
function parametersOf(filter: Filter, cursor: string) {
  const { key_id, model, outcome, request_id } = filter;
  return {
    ...(key_id ? { key_id } : {}),
    ...(model ? { model } : {}),
    ...(outcome ? { outcome } : {}),
    ...(request_id.trim() ? { request_id: request_id.trim() } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

function Log({ filter, clear }: { filter: Filter; clear: () => void }) {
  const [settled] = useDebouncedValue(filter, 200);
  const query = useInfiniteQuery({
    queryKey: ["requests", settled],
    queryFn: ({ pageParam }) => read(api.requests.$get({ query: parametersOf(settled, pageParam) })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 1 ? false : 5_000),
  });
  return (
    <PagedTable
      label="Requests"
      columns={COLUMNS}
      rowKey={(row) => row.request_id}
      query={query}
      rows={query.data?.pages.flatMap((page) => page.requests)}
      loading={<LoadingRows rows={12} label="The requests are loading" />}
      empty={<NoRequests isFiltered={Object.values(settled).some(Boolean)} clear={clear} />}
    />
  );
}

function NoRequests({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  return isFiltered ? (
    <Empty title="Nothing matches" action={<Button onClick={clear}>Show all requests</Button>}>
      No request of this account is like that.
    </Empty>
  ) : (
    <Empty
      title="No request yet"
      action={
        <Button component={Link} href="/">
          Send the first one
        </Button>
      }
    >
      The start page has it ready to be copied.
    </Empty>
  );
}

const COLUMNS: readonly Column<RequestRow>[] = [
  { title: "Request", leads: true, cell: (row) => <RequestLink row={row} /> },
  { title: "Model and key", cell: (row) => <ModelAndKey row={row} /> },
  { title: "Outcome", cell: (row) => <OutcomeBadge outcome={row.outcome} /> },
  { title: "Tokens in", isFigure: true, cell: (row) => formatCount(row.input_tokens) },
  { title: "out", isFigure: true, cell: (row) => formatCount(row.output_tokens) },
  {
    title: "Took",
    isFigure: true,
    cell: (row) => (row.outcome === "open" ? "–" : formatDuration(row.latency_ms)),
  },
  { title: "Cost", isFigure: true, cell: (row) => <Money amount={row.cost} /> },
];

function ModelAndKey({ row }: { row: RequestRow }) {
  return (
    <div>
      {row.model}
      <Text size="xs" c="dimmed">
        {row.key_name}
      </Text>
    </div>
  );
}

function RequestLink({ row }: { row: RequestRow }) {
  return (
    <div>
      <Anchor component={Link} href={`/requests/${row.request_id}`} inherit fw={600} className="no-wrap">
        {row.outcome === "open" ? "Running" : <Time iso={row.at} />}
      </Anchor>
      <Text size="xs" c="dimmed" className="mono no-wrap" title={row.request_id}>
        …{row.request_id.slice(-12)}
      </Text>
    </div>
  );
}
