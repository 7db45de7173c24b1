import { Alert, AppShell, Burger, Group, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useSession } from "../session.tsx";
import { AccountCard, BalanceButton } from "./account-card.tsx";
import { Brand } from "./brand.tsx";
import { Navigation } from "./navigation.tsx";

/** What stands around every page: where one can go, and whose account it is. */
export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { account } = useSession();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding={{ base: "md", sm: "xl" }}
    >
      <button type="button" className="skip" onClick={skipToMain}>
        Skip to the page
      </button>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? "Close the menu" : "Open the menu"}
              aria-expanded={isOpen}
              aria-controls="menu"
            />
            <Brand />
          </Group>
          <BalanceButton />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar id="menu" p="sm">
        <AppShell.Section grow component={ScrollArea} type="auto">
          <Navigation onGo={close} />
        </AppShell.Section>
        <AppShell.Section className="account-card">
          <AccountCard />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <div className="page">
          {account.status === "suspended" && (
            <Alert color="red" title="This account is suspended" mb="lg">
              <Text size="sm">
                Its keys are refused. Nothing of the balance is lost; ask whoever runs this gateway.
              </Text>
            </Alert>
          )}
          {children}
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

/** Not a link: the address after `#` says which page this is. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}
