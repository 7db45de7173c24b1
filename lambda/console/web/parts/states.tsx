/** The three ways in which there is nothing to show: not yet, nothing there, and a failure. Each in a plain sentence. */
import { Alert, Button, EmptyState, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconInbox } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../api.ts";

/** As high as what comes in its place, so that nothing moves when it does. */
export function LoadingBlock({ height, label }: { height: number; label: string }) {
  return (
    <output aria-label={label} className="block">
      <Skeleton height={height} radius="md" />
    </output>
  );
}

export function LoadingRows({ rows, label }: { rows: number; label: string }) {
  return (
    <output aria-label={label} className="block">
      <Stack gap={1}>
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same and never move.
          <Skeleton key={row} height={48} radius={0} />
        ))}
      </Stack>
    </output>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly icon?: ReactNode;
}

export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <EmptyState
      py="xl"
      withIndicatorBackground
      icon={icon ?? <IconInbox size={22} aria-hidden />}
      title={title}
      description={children}
    >
      {action && <EmptyState.Actions>{action}</EmptyState.Actions>}
    </EmptyState>
  );
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return "Something in this page went wrong. Reload it; if that does not help, tell whoever runs this gateway.";
}

/** Says what went wrong; the request's id is what an operator can find it by. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle size={18} aria-hidden />}>
      <Group justify="space-between" gap="sm">
        <div>
          <Text size="sm">{messageOf(error)}</Text>
          {requestId && (
            <Text size="xs" c="dimmed" ff="monospace">
              {requestId}
            </Text>
          )}
        </div>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}

interface LoadedProps<T> {
  readonly query: UseQueryResult<T>;
  readonly loading: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** What a query found, or why there is nothing yet. What was there stays while it is read again. */
export function Loaded<T>({ query, loading, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return loading;
}
