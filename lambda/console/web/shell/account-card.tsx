import { ActionIcon, Button, Group, Skeleton, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { useColorScheme } from "@mantine/hooks";
import { IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { formatCents } from "../money.ts";
import { balanceQuery } from "../queries.ts";
import { useSession, useSignOut } from "../session.tsx";

/** What is available now, on every page. */
export function BalanceButton() {
  const { data } = useQuery(balanceQuery);
  if (!data) return <Skeleton height={30} width={96} />;
  return (
    <Button
      component={Link}
      href="/balance"
      variant="default"
      size="xs"
      className="figures"
      aria-label={`Available balance ${formatCents(data.available)}`}
    >
      {formatCents(data.available)}
    </Button>
  );
}

export function AccountCard() {
  const { user, account } = useSession();
  return (
    <Stack gap="xs">
      <Group justify="space-between" wrap="nowrap" gap={4}>
        <div className="breaks">
          <Text size="sm" fw={600} truncate>
            {user.name || user.email}
          </Text>
          <Text size="xs" c="dimmed" truncate title={account.account_id}>
            {account.name}
          </Text>
        </div>
        <Group gap={2} wrap="nowrap">
          <ColorSchemeToggle />
          <SignOut />
        </Group>
      </Group>
    </Stack>
  );
}

function ColorSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const ofSystem = useColorScheme(undefined, { getInitialValueInEffect: false });
  const shown = colorScheme === "auto" ? ofSystem : colorScheme;
  const other = shown === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={() => setColorScheme(other)}
      aria-label={`Use ${other} colours`}
    >
      {other === "dark" ? <IconMoon size={17} aria-hidden /> : <IconSun size={17} aria-hidden />}
    </ActionIcon>
  );
}

function SignOut() {
  const { mutate, isPending } = useMutation({ mutationFn: useSignOut() });
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={() => mutate()}
      loading={isPending}
      aria-label="Sign out"
    >
      <IconLogout size={17} aria-hidden />
    </ActionIcon>
  );
}
