import { Alert, Anchor, Badge, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { AccountRow } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { formatDate } from "../format.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";

const COLUMNS: readonly Column<AccountRow>[] = [
  { title: "Account", leads: true, cell: (account) => <AccountName account={account} /> },
  { title: "Available", isFigure: true, cell: ({ available }) => <Money amount={available} /> },
  { title: "On hold", isFigure: true, cell: ({ on_hold }) => <Money amount={on_hold} /> },
  { title: "Posted", isFigure: true, cell: ({ posted }) => <Money amount={posted} /> },
  { title: "Written off", isFigure: true, cell: ({ write_off }) => <Money amount={write_off} /> },
  { title: "Since", cell: ({ created_at }) => <Since iso={created_at} /> },
];

/** Accounts that were made before the console have no day. */
function Since({ iso }: { iso: string }) {
  return <span className="no-wrap">{iso ? formatDate(iso) : "–"}</span>;
}

function AccountName({ account }: { account: AccountRow }) {
  return (
    <div>
      <Group gap={8} wrap="nowrap">
        <Anchor
          component={Link}
          href={`/operator/accounts/${account.account_id}`}
          inherit
          fw={600}
          className="breaks"
        >
          {account.name}
        </Anchor>
        <AccountStatus status={account.status} />
      </Group>
      <Text size="xs" c="dimmed" className="mono breaks">
        {account.account_id}
      </Text>
    </div>
  );
}

export function AccountStatus({ status }: { status: AccountRow["status"] }) {
  return status === "suspended" ? <Badge color="red">suspended</Badge> : null;
}

export function AccountsPage() {
  const [search, setSearch] = useState("");
  const [settled] = useDebouncedValue(search.trim(), 200);
  const query = useQuery({
    queryKey: ["operator", "accounts", settled],
    queryFn: () => read(api.operator.accounts.$get({ query: settled ? { search: settled } : {} })),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title="Accounts" about="Everybody who has a balance here.">
      <Section title="Accounts" flush>
        <div className="filters">
          <TextInput
            aria-label="Search accounts"
            placeholder="A part of the name or of the id"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
        <Loaded query={query} loading={<LoadingRows rows={8} label="The accounts are loading" />}>
          {({ accounts, has_more }) =>
            accounts.length === 0 ? (
              <Empty title="No such account">Search for a part of its name, or of its id.</Empty>
            ) : (
              <>
                <DataTable
                  label="Accounts"
                  columns={COLUMNS}
                  rows={accounts}
                  rowKey={(row) => row.account_id}
                />
                {has_more && (
                  <Alert m="md">
                    There are more than are shown. Search for a part of the name or of the id.
                  </Alert>
                )}
              </>
            )
          }
        </Loaded>
      </Section>
    </Page>
  );
}
