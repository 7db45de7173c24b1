import { Button, Checkbox, Group } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { KeyView } from "../../views.ts";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";
import { keysQuery } from "../queries.ts";
import { CreateKeyModal } from "./create-key-modal.tsx";
import { KeyTable } from "./key-table.tsx";
import { RenameModal } from "./rename-modal.tsx";
import { RevokeModal } from "./revoke-modal.tsx";

type Doing = { readonly what: "create" } | { readonly what: "rename" | "revoke"; readonly key: KeyView };

export function KeysPage() {
  const [doing, setDoing] = useState<Doing>();
  const stop = () => setDoing(undefined);
  const create = () => setDoing({ what: "create" });
  return (
    <Page
      title="Keys"
      about="A key spends from this account's balance. Give each program its own, with a limit, so that you can end one without the others."
      action={
        <Button onClick={create} leftSection={<IconPlus size={16} aria-hidden />}>
          New key
        </Button>
      }
    >
      <KeyList
        onCreate={create}
        onRename={(key) => setDoing({ what: "rename", key })}
        onRevoke={(key) => setDoing({ what: "revoke", key })}
      />
      {doing?.what === "create" && <CreateKeyModal onClose={stop} />}
      {doing?.what === "rename" && <RenameModal apiKey={doing.key} onClose={stop} />}
      {doing?.what === "revoke" && <RevokeModal apiKey={doing.key} onClose={stop} />}
    </Page>
  );
}

interface KeyListProps {
  readonly onCreate: () => void;
  readonly onRename: (key: KeyView) => void;
  readonly onRevoke: (key: KeyView) => void;
}

function KeyList({ onCreate, onRename, onRevoke }: KeyListProps) {
  const [withEnded, setWithEnded] = useState(false);
  const query = useQuery(keysQuery);
  return (
    <Section
      title="Your account's keys"
      flush
      action={
        <Checkbox
          label="Show revoked and expired"
          checked={withEnded}
          onChange={(event) => setWithEnded(event.currentTarget.checked)}
        />
      }
    >
      <Loaded query={query} loading={<LoadingRows rows={4} label="The keys are loading" />}>
        {(keys) => {
          const shown = keys.filter((key) => withEnded || key.status === "active");
          return shown.length > 0 ? (
            <KeyTable keys={shown} onRename={onRename} onRevoke={onRevoke} />
          ) : (
            <Empty
              title={keys.length > 0 ? "No active key" : "No key yet"}
              icon={<IconKey size={22} aria-hidden />}
              action={
                <Group>
                  <Button onClick={onCreate}>Create a key</Button>
                </Group>
              }
            >
              A request needs one. Creating it takes a moment and costs nothing.
            </Empty>
          );
        }}
      </Loaded>
    </Section>
  );
}
