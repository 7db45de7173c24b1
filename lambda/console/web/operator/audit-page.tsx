import { Anchor, Badge, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { AuditEntryView } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import type { Column } from "../parts/data-table.tsx";
import { Page, Section } from "../parts/page.tsx";
import { PagedTable } from "../parts/paged-table.tsx";
import { Empty, LoadingRows } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";

export function AuditPage() {
  const query = useInfiniteQuery({
    queryKey: ["operator", "audit"],
    queryFn: ({ pageParam }) =>
      read(api.operator.audit.$get({ query: pageParam ? { cursor: pageParam } : {} })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  return (
    <Page title="Audit log" about="What operators did, newest first. Nothing here can be changed or deleted.">
      <Section title="Actions" flush>
        <PagedTable
          label="Audit log"
          columns={COLUMNS}
          rowKey={({ audit_id }) => audit_id}
          query={query}
          rows={query.data?.pages.flatMap((page) => page.entries)}
          loading={<LoadingRows rows={6} label="The audit log is loading" />}
          empty={<Empty title="Nothing yet">An operator’s first action will be here.</Empty>}
        />
      </Section>
    </Page>
  );
}

const COLUMNS: readonly Column<AuditEntryView>[] = [
  { title: "When", leads: true, cell: ({ at }) => <Time iso={at} /> },
  { title: "Who", cell: ({ by }) => <span className="breaks">{by.email || by.subject}</span> },
  { title: "Did", cell: ({ action }) => <Badge color="gray">{action}</Badge> },
  { title: "To", cell: ({ account_id }) => <AccountLink accountId={account_id} /> },
  { title: "Reason", cell: (entry) => <Reason entry={entry} /> },
];

function AccountLink({ accountId }: { accountId: string | null }) {
  if (!accountId) return <>–</>;
  return (
    <Anchor component={Link} href={`/operator/accounts/${accountId}`} inherit className="mono breaks">
      {accountId}
    </Anchor>
  );
}

function Reason({ entry }: { entry: AuditEntryView }) {
  const details = Object.entries(entry.details).map(([name, value]) => `${name}: ${value}`);
  return (
    <div className="breaks">
      {entry.reason}
      {details.length > 0 && (
        <Text size="xs" c="dimmed">
          {details.join(" · ")}
        </Text>
      )}
    </div>
  );
}
