import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface TileProps {
  readonly label: string;
  readonly about?: ReactNode;
  /** The figure. */
  readonly children: ReactNode;
}

/** One figure, large. */
export function Tile({ label, about, children }: TileProps) {
  return (
    <Card padding="md" component="section" aria-label={label}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fw={650} lh={1.3} className="figures tile">
        {children}
      </Text>
      {about && (
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      )}
    </Card>
  );
}
