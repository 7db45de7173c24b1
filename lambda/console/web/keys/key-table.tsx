import { Badge, Button, Group, Progress, Stack, Text } from "@mantine/core";
import type { KeyView } from "../../views.ts";
import { formatDate } from "../format.ts";
import { formatCents, formatMoney, percentOf } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Ago } from "../parts/time.tsx";

const STATUS_COLORS = { active: "green", revoked: "red", expired: "gray" } as const;

interface KeyTableProps {
  readonly keys: readonly KeyView[];
  readonly onRename?: (key: KeyView) => void;
  readonly onRevoke?: (key: KeyView) => void;
}

export function KeyTable({ keys, onRename, onRevoke }: KeyTableProps) {
  const columns: Column<KeyView>[] = [
    { title: "Key", leads: true, cell: (key) => <KeyName apiKey={key} /> },
    { title: "Last used", cell: (key) => <LastUse at={key.last_used_at} /> },
    { title: "Spent in 30 days", isFigure: true, cell: (key) => <Money amount={key.spent_30_days} /> },
    { title: "Limit", cell: (key) => <Limit limit={key.spend_limit} /> },
    { title: "Models", cell: (key) => <Models models={key.allowed_models} /> },
    {
      title: "Expires",
      cell: (key) => <span className="no-wrap">{key.expires_at ? formatDate(key.expires_at) : "never"}</span>,
    },
  ];
  if (onRename && onRevoke) {
    columns.push({
      title: "Actions",
      cell: (key) =>
        key.status === "active" && key.is_mine_to_change ? (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => onRename(key)}
              aria-label={`Rename ${key.name}`}
            >
              Rename
            </Button>
            <Button
              size="compact-xs"
              variant="light"
              color="red"
              onClick={() => onRevoke(key)}
              aria-label={`Revoke ${key.name}`}
            >
              Revoke
            </Button>
          </Group>
        ) : null,
    });
  }
  return <DataTable label="Keys" columns={columns} rows={keys} rowKey={(key) => key.key_id} />;
}

function KeyName({ apiKey }: { apiKey: KeyView }) {
  return (
    <div>
      <Group gap={8} wrap="nowrap">
        <Text size="sm" fw={600} className="breaks">
          {apiKey.name}
        </Text>
        {apiKey.status !== "active" && <Badge color={STATUS_COLORS[apiKey.status]}>{apiKey.status}</Badge>}
      </Group>
      <Text size="xs" c="dimmed" className="no-wrap">
        <span className="mono">…{apiKey.last4}</span>
        {apiKey.created_by && ` · ${apiKey.created_by.name}`}
      </Text>
    </div>
  );
}

function LastUse({ at }: { at: string | null }) {
  return at ? (
    <Ago iso={at} />
  ) : (
    <Text inherit c="dimmed">
      not lately
    </Text>
  );
}

function Limit({ limit }: { limit: KeyView["spend_limit"] }) {
  if (!limit)
    return (
      <Text inherit c="dimmed">
        none
      </Text>
    );
  const percent = percentOf(limit.spent, limit.amount);
  const period = limit.period === "month" ? "this month" : "in total";
  return (
    <Stack gap={4} miw={120}>
      <Text size="xs" className="figures no-wrap">
        {formatCents(limit.spent)} of {formatMoney(limit.amount)} {period}
      </Text>
      <Progress
        value={percent}
        size={5}
        color={percent >= 90 ? "red" : "ink"}
        aria-label={`${percent}% of the limit`}
      />
    </Stack>
  );
}

function Models({ models }: { models: KeyView["allowed_models"] }) {
  if (!models)
    return (
      <Text inherit c="dimmed">
        all
      </Text>
    );
  const [first = ""] = models;
  return models.length === 1 ? (
    <span>{first}</span>
  ) : (
    <span title={models.join(", ")}>{models.length} models</span>
  );
}
