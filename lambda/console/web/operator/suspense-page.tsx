import { Button, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { SuspenseView } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { typedAmount } from "../money.ts";
import type { Column } from "../parts/data-table.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { errorOf } from "../parts/fields.ts";
import { Money } from "../parts/money.tsx";
import { Page, Section } from "../parts/page.tsx";
import { PagedTable } from "../parts/paged-table.tsx";
import { Empty, LoadingRows } from "../parts/states.tsx";
import { Ago } from "../parts/time.tsx";
import { ReasonForm } from "./reason-form.tsx";
import { UnsettledName } from "./unsettled-name.tsx";

const SUSPENSE = ["operator", "suspense"];

export function SuspensePage() {
  const [resolving, setResolving] = useState<SuspenseView>();
  const query = useInfiniteQuery({
    queryKey: SUSPENSE,
    queryFn: ({ pageParam }) =>
      read(api.operator.suspense.$get({ query: pageParam ? { cursor: pageParam } : {} })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  return (
    <Page
      title="Suspense"
      about="Requests that were sent and of which nobody knows whether they were answered. The customer paid nothing; look the request up in the provider’s bill and write down what it came to."
    >
      <Section title="Requests of unknown outcome" flush>
        <PagedTable
          label="Requests of unknown outcome"
          columns={columnsOf(setResolving)}
          rowKey={({ request_id }) => request_id}
          query={query}
          rows={query.data?.pages.flatMap((page) => page.entries)}
          loading={<LoadingRows rows={4} label="The requests are loading" />}
          empty={<Empty title="None">Of every request it is known how it ended.</Empty>}
        />
      </Section>
      {resolving && <ResolveModal entry={resolving} onClose={() => setResolving(undefined)} />}
    </Page>
  );
}

function columnsOf(resolve: (entry: SuspenseView) => void): readonly Column<SuspenseView>[] {
  return [
    { title: "Request", leads: true, cell: (entry) => <UnsettledName entry={entry} /> },
    { title: "Model", cell: ({ model }) => model },
    { title: "Provider", cell: ({ provider }) => provider },
    { title: "When", cell: ({ at }) => <Ago iso={at} /> },
    { title: "At most", isFigure: true, cell: ({ amount }) => <Money amount={amount} /> },
    { title: "Resolution", cell: (entry) => <Resolution entry={entry} resolve={resolve} /> },
  ];
}

function Resolution({ entry, resolve }: { entry: SuspenseView; resolve: (entry: SuspenseView) => void }) {
  if (!entry.resolution) {
    return (
      <Button size="compact-xs" variant="default" onClick={() => resolve(entry)}>
        Resolve
      </Button>
    );
  }
  const { provider_charged, note, by } = entry.resolution;
  return (
    <div className="breaks">
      <Text size="sm">
        <Money amount={provider_charged} />: {note}
      </Text>
      <Text size="xs" c="dimmed">
        {by}
      </Text>
    </div>
  );
}

function ResolveModal({ entry, onClose }: { entry: SuspenseView; onClose: () => void }) {
  const [charged, setCharged] = useState("");
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (note: string) =>
      read(
        api.operator.suspense[":accountId"][":requestId"].resolve.$post({
          param: { accountId: entry.account_id, requestId: entry.request_id },
          json: { provider_charged: typedAmount(charged), note },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: SUSPENSE });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title="Resolve a request">
      <ReasonForm
        action="Write it down"
        label="Note"
        param="note"
        fields={["provider_charged"]}
        isBusy={isPending}
        error={error}
        onSubmit={mutate}
        onClose={onClose}
      >
        <Text size="sm">
          At most <Money amount={entry.amount} /> for {entry.model} at {entry.provider}. This is for your
          books; the customer is not charged.
        </Text>
        <TextInput
          label="What the provider’s bill has, in USD"
          description="0 when it is not in the bill."
          inputMode="decimal"
          leftSection="$"
          value={charged}
          onChange={(event) => setCharged(event.currentTarget.value)}
          error={errorOf(error, "provider_charged")}
          required
          data-autofocus
        />
      </ReasonForm>
    </Dialog>
  );
}
