import { Alert, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { BalanceView } from "../../views.ts";
import { plural } from "../format.ts";
import { Money } from "../parts/money.tsx";
import { Page } from "../parts/page.tsx";
import { Loaded, LoadingBlock } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { balanceQuery } from "../queries.ts";
import { AutoTopUpSection } from "./auto-top-up.tsx";
import { Credits } from "./credits.tsx";
import { LowBalanceSection } from "./low-balance.tsx";
import { PaidNotice } from "./paid-notice.tsx";
import { Receipts } from "./receipts.tsx";
import { TopUpSection } from "./top-up.tsx";

export function BalancePage() {
  const query = useQuery(balanceQuery);
  return (
    <Page title="Balance" about="Prepaid, in USD. Requests cannot spend what is not there.">
      <PaidNotice />
      <Loaded query={query} loading={<LoadingBlock height={118} label="The balance is loading" />}>
        {(balance) => <Figures balance={balance} />}
      </Loaded>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <TopUpSection />
        <Stack gap="lg">
          <LowBalanceSection />
          <AutoTopUpSection />
        </Stack>
      </SimpleGrid>
      <Credits />
      <Receipts />
    </Page>
  );
}

function Figures({ balance }: { balance: BalanceView }) {
  return (
    <Stack gap="md">
      {balance.low_balance.is_low && (
        <Alert color="yellow" title="The balance is low">
          <Text size="sm">
            It is below <Money amount={balance.low_balance.threshold} />. Requests that cost more than what is
            available are refused.
          </Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
        <Tile label="Available" about="can be spent now">
          <Money amount={balance.available} />
        </Tile>
        <Tile label="On hold" about={`for ${plural(balance.open_requests, "open request")}`}>
          <Money amount={balance.on_hold} />
        </Tile>
        <Tile label="Posted" about="available and on hold together">
          <Money amount={balance.posted} />
        </Tile>
      </SimpleGrid>
    </Stack>
  );
}
