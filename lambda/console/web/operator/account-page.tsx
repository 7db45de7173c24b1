import { Anchor, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { AccountDetail } from "../../operator-views.ts";
import type { MemberView } from "../../views.ts";
import { api, read } from "../api.ts";
import { CreditTable } from "../balance/credits.tsx";
import { KeyTable } from "../keys/key-table.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingBlock } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { Time } from "../parts/time.tsx";
import { AccountStatus } from "./accounts-page.tsx";
import { AdjustmentModal } from "./adjustment-modal.tsx";
import { PaymentsSection } from "./payments-section.tsx";
import { StatusModal } from "./status-modal.tsx";

export function AccountPage({ accountId }: { accountId: string }) {
  const query = useQuery({
    queryKey: ["operator", "account", accountId],
    queryFn: () => read(api.operator.accounts[":accountId"].$get({ param: { accountId } })),
  });
  return (
    <Page
      title={query.data?.name ?? "Account"}
      about={
        <>
          <Anchor component={Link} href="/operator/accounts" inherit underline="always">
            All accounts
          </Anchor>{" "}
          · <span className="mono breaks">{accountId}</span>
        </>
      }
      action={query.data && <Actions account={query.data} />}
    >
      <Loaded query={query} loading={<LoadingBlock height={760} label="The account is loading" />}>
        {(account) => <Details account={account} />}
      </Loaded>
    </Page>
  );
}

function Actions({ account }: { account: AccountDetail }) {
  const [doing, setDoing] = useState<"credit" | "debit" | "status">();
  const stop = () => setDoing(undefined);
  return (
    <Group gap="xs">
      <AccountStatus status={account.status} />
      <Button onClick={() => setDoing("credit")}>Credit</Button>
      <Button variant="default" onClick={() => setDoing("debit")}>
        Debit
      </Button>
      <Button
        variant="light"
        color={account.status === "active" ? "red" : "ink"}
        onClick={() => setDoing("status")}
      >
        {account.status === "active" ? "Suspend" : "Activate"}
      </Button>
      {(doing === "credit" || doing === "debit") && (
        <AdjustmentModal account={account} direction={doing} onClose={stop} />
      )}
      {doing === "status" && <StatusModal account={account} onClose={stop} />}
    </Group>
  );
}

const MEMBER_COLUMNS: readonly Column<MemberView>[] = [
  { title: "Person", leads: true, cell: (member) => <b>{member.name || member.email}</b> },
  { title: "Address", cell: ({ email }) => email },
  { title: "Role", cell: ({ role }) => role },
  { title: "Since", cell: ({ joined_at }) => <Time iso={joined_at} /> },
];

function Details({ account }: { account: AccountDetail }) {
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
        <Tile label="Available">
          <Money amount={account.available} />
        </Tile>
        <Tile label="On hold">
          <Money amount={account.on_hold} />
        </Tile>
        <Tile label="Posted">
          <Money amount={account.posted} />
        </Tile>
        <Tile label="Written off">
          <Money amount={account.write_off} />
        </Tile>
      </SimpleGrid>
      <Section title="Keys" flush>
        {account.keys.length > 0 ? (
          <KeyTable keys={account.keys} />
        ) : (
          <Empty title="No key">It has none yet.</Empty>
        )}
      </Section>
      <Section title="People" flush>
        {account.members.length > 0 ? (
          <DataTable
            label="People"
            columns={MEMBER_COLUMNS}
            rows={account.members}
            rowKey={({ member_id }) => member_id}
          />
        ) : (
          <Empty title="Nobody">Nobody has signed in to this account; its keys were made elsewhere.</Empty>
        )}
      </Section>
      <Section title="Newest credits" flush>
        {account.credits.length > 0 ? (
          <CreditTable credits={account.credits} />
        ) : (
          <Empty title="None">No top-up and no adjustment yet.</Empty>
        )}
      </Section>
      <PaymentsSection accountId={account.account_id} />
      <Text size="xs" c="dimmed">
        Every action here is written to the audit log with who did it and why.
      </Text>
    </Stack>
  );
}
