import { Button, Code, Group, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { StartView } from "../../views.ts";
import { CreateKeyModal } from "../keys/create-key-modal.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Loaded, LoadingBlock } from "../parts/states.tsx";
import { startQuery } from "../queries.ts";
import { FirstRequest } from "./first-request.tsx";
import { snippets } from "./snippets.ts";

/** From nothing to the first answered request. */
export function StartPage() {
  const query = useQuery({
    ...startQuery,
    // The first request is waited for, so that the page can say that it has come.
    refetchInterval: ({ state }) => (state.data && !state.data.first_request ? 2_000 : false),
  });
  return (
    <Page
      title="Start"
      about="Point any OpenAI client at this gateway: change the base URL and the key, and nothing else."
    >
      <Loaded query={query} loading={<LoadingBlock height={720} label="The start page is loading" />}>
        {(start) => <Steps start={start} />}
      </Loaded>
    </Page>
  );
}

function Steps({ start }: { start: StartView }) {
  // Only as long as the page is open: nobody can read it again.
  const [secret, setSecret] = useState<string>();
  const [isCreating, setCreating] = useState(false);
  return (
    <Stack gap="lg">
      <FirstRequest first={start.first_request} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <Section title="Base URL" about="For your client's settings.">
          <Copyable text={start.base_url} what="base URL" />
        </Section>
        <Section title="Your key" about={keyWords(start, secret)}>
          {secret ? (
            <Copyable text={secret} what="key" />
          ) : (
            <Group>
              <Button onClick={() => setCreating(true)} variant={start.has_key ? "default" : "filled"}>
                {start.has_key ? "Create another key" : "Create your first key"}
              </Button>
            </Group>
          )}
        </Section>
      </SimpleGrid>
      <Section
        title="Your first request"
        about={`With the model ${start.model}; any other of the catalog works the same way.`}
      >
        <Snippets start={start} secret={secret} />
      </Section>
      {isCreating && (
        <CreateKeyModal
          onCreated={(created) => setSecret(created.secret)}
          onClose={() => setCreating(false)}
        />
      )}
    </Stack>
  );
}

function keyWords(start: StartView, secret: string | undefined): string {
  if (secret) return "It is in the examples below until you leave this page.";
  return start.has_key
    ? "Keys are shown once, when they are made. Put yours in place of YOUR_KEY."
    : "It is shown once, and put into the examples below.";
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <Code className="secret" fz="sm">
        {text}
      </Code>
      <CopyButton text={text} what={what} />
    </Group>
  );
}

function Snippets({ start, secret }: { start: StartView; secret: string | undefined }) {
  const all = snippets(start.base_url, start.model, secret);
  return (
    <Tabs defaultValue="curl">
      <Tabs.List>
        {all.map(({ id, label }) => (
          <Tabs.Tab key={id} value={id}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map(({ id, label, text }) => (
        <Tabs.Panel key={id} value={id} pt="sm">
          <div className="snippet">
            <div className="snippet-copy">
              <CopyButton text={text} what={`the ${label} example`} />
            </div>
            {/* Scrolls sideways, so the keyboard must reach it. */}
            <Code block tabIndex={0} aria-label={`The first request in ${label}`} role="region">
              {text}
            </Code>
          </div>
        </Tabs.Panel>
      ))}
      <Text size="xs" c="dimmed" mt="sm">
        The answer has header <span className="mono">x-request-id</span> and field{" "}
        <span className="mono">usage.cost</span>; both are found again under Requests.
      </Text>
    </Tabs>
  );
}
