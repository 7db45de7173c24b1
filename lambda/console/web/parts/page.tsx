import { Card, type CardProps, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

interface PageProps {
  readonly title: string;
  /** One plain sentence. */
  readonly about: ReactNode;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** A page's frame. Its heading takes the focus when one comes from another page, as a new document would. */
export function Page({ title, about, action, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · WLRouter console`;
    if (document.activeElement?.closest("nav")) heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Title order={1} ref={heading} tabIndex={-1} className="heading">
            {title}
          </Title>
          <Text c="dimmed" size="sm" mt={2} maw={680}>
            {about}
          </Text>
        </div>
        {action}
      </Group>
      {children}
    </Stack>
  );
}

interface SectionProps extends CardProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly action?: ReactNode;
  /** A table or a chart that goes to the card's edges. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Section({ title, about, action, flush, children, ...card }: SectionProps) {
  return (
    <Card component="section" aria-label={title} {...card}>
      <Group justify="space-between" align="flex-start" gap="sm" mb={flush ? "sm" : "md"}>
        <div>
          <Title order={2}>{title}</Title>
          {about && (
            <Text c="dimmed" size="sm">
              {about}
            </Text>
          )}
        </div>
        {action}
      </Group>
      {flush ? <Card.Section withBorder>{children}</Card.Section> : children}
    </Card>
  );
}
