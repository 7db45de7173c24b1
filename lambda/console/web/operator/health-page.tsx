import { Badge, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { DeadLettersView, ProviderView, UnsettledView } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { formatCount } from "../format.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { PagedTable } from "../parts/paged-table.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";
import { Ago } from "../parts/time.tsx";
import { UnsettledName } from "./unsettled-name.tsx";

const EVERY_MS = 30_000;

export function HealthPage() {
  return (
    <Page
      title="Health"
      about="Whether providers answer, whether every hold has come to its end, and whether events were left over."
    >
      <Providers />
      <ExpiredHolds />
      <DeadLetters />
    </Page>
  );
}

const STATES: Readonly<Record<ProviderView["state"], { readonly label: string; readonly color: string }>> = {
  ok: { label: "answers", color: "green" },
  failing: { label: "failing", color: "red" },
  idle: { label: "not asked", color: "gray" },
  no_key: { label: "no key", color: "yellow" },
};

const PROVIDER_COLUMNS: readonly Column<ProviderView>[] = [
  { title: "Provider", leads: true, cell: (provider) => <ProviderName provider={provider} /> },
  { title: "State", cell: ({ state }) => <Badge color={STATES[state].color}>{STATES[state].label}</Badge> },
  { title: "Models", isFigure: true, cell: ({ models }) => formatCount(models) },
  { title: "Requests, last hour", isFigure: true, cell: ({ requests }) => formatCount(requests) },
  { title: "Not completed", isFigure: true, cell: ({ failures }) => formatCount(failures) },
  { title: "Last error", cell: ({ last_error_code }) => last_error_code ?? "–" },
];

function ProviderName({ provider }: { provider: ProviderView }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {provider.provider}
      </Text>
      <Text size="xs" c="dimmed" className="breaks">
        {provider.base_url ?? provider.kind}
      </Text>
    </div>
  );
}

function Providers() {
  const query = useQuery({
    queryKey: ["operator", "providers"],
    queryFn: () => read(api.operator.providers.$get()),
    refetchInterval: EVERY_MS,
  });
  return (
    <Section title="Providers" about="By what the last hour’s requests came to." flush>
      <Loaded query={query} loading={<LoadingRows rows={6} label="The providers are loading" />}>
        {({ providers }) => (
          <DataTable
            label="Providers"
            columns={PROVIDER_COLUMNS}
            rows={providers}
            rowKey={({ provider }) => provider}
          />
        )}
      </Loaded>
    </Section>
  );
}

const HOLD_COLUMNS: readonly Column<UnsettledView>[] = [
  { title: "Request", leads: true, cell: (hold) => <UnsettledName entry={hold} /> },
  { title: "Model", cell: ({ model }) => model },
  { title: "When", cell: ({ at }) => <Ago iso={at} /> },
  {
    title: "State",
    cell: ({ is_open }) =>
      is_open ? (
        <Badge color="red">the sweeper is late</Badge>
      ) : (
        <Badge color="gray">ended, nothing charged</Badge>
      ),
  },
  { title: "Held", isFigure: true, cell: ({ amount }) => <Money amount={amount} /> },
];

function ExpiredHolds() {
  const query = useInfiniteQuery({
    queryKey: ["operator", "expired-holds"],
    queryFn: ({ pageParam }) =>
      read(api.operator["expired-holds"].$get({ query: pageParam ? { cursor: pageParam } : {} })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  return (
    <Section
      title="Expired holds"
      about="Requests that ended by the sweeper: their function crashed or never answered."
      flush
    >
      <PagedTable
        label="Expired holds"
        columns={HOLD_COLUMNS}
        rowKey={({ request_id }) => request_id}
        query={query}
        rows={query.data?.pages.flatMap((page) => page.holds)}
        loading={<LoadingRows rows={2} label="The expired holds are loading" />}
        empty={<Empty title="None">Every request has come to an end of its own.</Empty>}
      />
    </Section>
  );
}

type Queue = DeadLettersView["queues"][number];

const QUEUE_COLUMNS: readonly Column<Queue>[] = [
  { title: "Queue", leads: true, cell: ({ name }) => <span className="mono breaks">{name}</span> },
  {
    title: "Messages",
    isFigure: true,
    cell: ({ messages }) => <Badge color={messages > 0 ? "red" : "green"}>{formatCount(messages)}</Badge>,
  },
];

function DeadLetters() {
  const query = useQuery({
    queryKey: ["operator", "dead-letters"],
    queryFn: () => read(api.operator["dead-letters"].$get()),
    refetchInterval: EVERY_MS,
  });
  return (
    <Section title="Dead letters" about="Events that nobody could take. Any number but 0 needs a look." flush>
      <Loaded query={query} loading={<LoadingRows rows={3} label="The queues are loading" />}>
        {({ queues }) =>
          queues.length > 0 ? (
            <DataTable
              label="Dead letters"
              columns={QUEUE_COLUMNS}
              rows={queues}
              rowKey={({ name }) => name}
            />
          ) : (
            <Empty title="No queue">There is none in this installation.</Empty>
          )
        }
      </Loaded>
    </Section>
  );
}
