import { Alert, Anchor, DataList, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { RequestDetail } from "../../usage-views.ts";
import { api, read } from "../api.ts";
import { formatDuration } from "../format.ts";
import { isZero } from "../money.ts";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Loaded, LoadingBlock } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { OUTCOMES, OutcomeBadge } from "./outcome-badge.tsx";
import { RoutesSection } from "./routes-section.tsx";
import { TokensSection } from "./tokens-section.tsx";

export function RequestPage({ requestId }: { requestId: string }) {
  const query = useQuery({
    queryKey: ["requests", requestId],
    queryFn: () => read(api.requests[":requestId"].$get({ param: { requestId } })),
    refetchInterval: ({ state }) => (state.data?.outcome === "open" ? 2_000 : false),
  });
  return (
    <Page
      title="Request"
      about={
        <Anchor component={Link} href="/requests" inherit>
          All requests
        </Anchor>
      }
    >
      <Group gap={4} wrap="nowrap">
        <Text className="mono breaks" size="sm">
          {requestId}
        </Text>
        <CopyIcon text={requestId} what="request id" />
      </Group>
      <Loaded query={query} loading={<LoadingBlock height={760} label="The request is loading" />}>
        {(request) => <Details request={request} />}
      </Loaded>
    </Page>
  );
}

function Details({ request }: { request: RequestDetail }) {
  return (
    <Stack gap="lg">
      {request.error_code && (
        <Alert color="red" title="It ended with an error">
          <Text size="sm" className="mono">
            {request.error_code}
          </Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <WhatHappened request={request} />
        <WhatItCost request={request} />
      </SimpleGrid>
      <TokensSection request={request} />
      <RoutesSection request={request} />
    </Stack>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <DataList labelWidth={130} withDivider>
      {facts.map(([label, value]) => (
        <DataList.Item key={label}>
          <DataList.ItemLabel>{label}</DataList.ItemLabel>
          <DataList.ItemValue className="breaks figures">{value}</DataList.ItemValue>
        </DataList.Item>
      ))}
    </DataList>
  );
}

function WhatHappened({ request }: { request: RequestDetail }) {
  const isOpen = request.outcome === "open";
  return (
    <Section title="What happened">
      <Facts
        facts={[
          ["Outcome", <Outcome key="outcome" request={request} />],
          [isOpen ? "Ends at the latest" : "Ended", <Time key="time" iso={request.at} />],
          ["Model", request.model],
          ["Key", request.key_name],
          ["Tag", request.tag ?? "none"],
          ["Took", isOpen ? "still running" : formatDuration(request.latency_ms)],
          [
            "First token after",
            request.time_to_first_token_ms === null ? "–" : formatDuration(request.time_to_first_token_ms),
          ],
        ]}
      />
    </Section>
  );
}

function Outcome({ request }: { request: RequestDetail }) {
  return (
    <div>
      <OutcomeBadge outcome={request.outcome} />
      <Text size="xs" c="dimmed" mt={4}>
        {OUTCOMES[request.outcome].about}
      </Text>
    </div>
  );
}

function WhatItCost({ request }: { request: RequestDetail }) {
  const facts: (readonly [string, ReactNode])[] = [
    ["Charged", <Money key="cost" amount={request.cost} fw={650} fz="md" />],
    ["Held before", request.hold === null ? "not kept" : <Money key="hold" amount={request.hold} />],
    ["Measured by", request.estimated ? "our estimate, never above the hold" : "the provider’s own count"],
    [
      "Catalog",
      <span key="catalog" className="mono">
        {request.catalog_version}
      </span>,
    ],
  ];
  if (!isZero(request.write_off)) facts.push(["Written off", <Money key="off" amount={request.write_off} />]);
  if (request.late) facts.push(["Late", "The charge came after the hold had expired."]);
  return (
    <Section title="What it cost">
      <Facts facts={facts} />
    </Section>
  );
}
