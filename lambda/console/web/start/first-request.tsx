import { Button, Card, Group, Loader, Text } from "@mantine/core";
import { IconCircleCheckFilled } from "@tabler/icons-react";
import { Link } from "wouter";
import type { StartView } from "../../views.ts";
import { Ago } from "../parts/time.tsx";

/** Waits for the account's first request, and turns green when it arrives. */
export function FirstRequest({ first }: { first: StartView["first_request"] }) {
  return (
    <Card className={first ? "first-request arrived" : "first-request"} padding="md">
      <Group justify="space-between" gap="sm" mih={36}>
        <Group gap="sm" wrap="nowrap" role="status">
          {first ? (
            <IconCircleCheckFilled size={22} className="arrived-icon" aria-hidden />
          ) : (
            <Loader size={20} type="dots" aria-hidden />
          )}
          <Text fw={600} className="breaks">
            {first ? "Your first request has arrived" : "Waiting for your first request…"}
          </Text>
          {first && (
            <Text size="sm" c="dimmed" visibleFrom="sm">
              {first.model}, <Ago iso={first.at} />
            </Text>
          )}
        </Group>
        {first && (
          <Button component={Link} href={`/requests/${first.request_id}`} variant="default" size="xs">
            See what it cost
          </Button>
        )}
      </Group>
    </Card>
  );
}
