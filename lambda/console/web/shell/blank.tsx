import { Card, Center, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Brand } from "./brand.tsx";

/** The frame of the pages for which nobody is signed in. */
export function Blank({ children }: { children: ReactNode }) {
  return (
    <Center component="main" mih="100dvh" p="md">
      <Card w="100%" maw={420} padding="xl" shadow="sm">
        <Stack gap="lg">
          <Brand />
          {children}
        </Stack>
      </Card>
    </Center>
  );
}
