import { Alert, Badge, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { type UseQueryResult, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { InviteView, MembersView, MemberView } from "../../views.ts";
import { api, read } from "../api.ts";
import { ConfirmModal } from "../parts/confirm-modal.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Failure, Loaded, LoadingRows } from "../parts/states.tsx";
import { Ago, Time } from "../parts/time.tsx";
import { useIsOwner, useSession } from "../session.tsx";

const MEMBERS = ["members"];

export function PeoplePage() {
  const isOwner = useIsOwner();
  return isOwner ? <OwnersPage /> : <MembersPage />;
}

/** The list of people is the owners'. */
function MembersPage() {
  const { user, account } = useSession();
  return (
    <Page title="People" about="Who shares this account's balance.">
      <Section title="You are a member">
        <Text size="sm">
          {user.name || user.email} is a member of {account.name}: you see what the account does, and make and
          end keys of your own. An owner of the account can invite others.
        </Text>
      </Section>
    </Page>
  );
}

function OwnersPage() {
  const query = useQuery({ queryKey: MEMBERS, queryFn: () => read(api.members.$get()) });
  const client = useQueryClient();
  const invite = useMutation({
    mutationFn: () => read(api.members.invites.$post()),
    onSuccess: () => client.invalidateQueries({ queryKey: MEMBERS }),
  });
  return (
    <Page
      title="People"
      about="Who shares this account's balance. Members see what it does, and make and end keys of their own."
      action={
        <Button
          onClick={() => invite.mutate()}
          loading={invite.isPending}
          leftSection={<IconUserPlus size={16} aria-hidden />}
        >
          Invite somebody
        </Button>
      }
    >
      {invite.isError && <Failure error={invite.error} />}
      <Members query={query} />
      <Invites query={query} />
      {invite.data && (
        <InviteModal url={invite.data.url} invite={invite.data.invite} onClose={invite.reset} />
      )}
    </Page>
  );
}

function InviteModal({ url, invite, onClose }: { url: string; invite: InviteView; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="An invitation" closeOnClickOutside={false} closeOnEscape={false}>
      <Stack>
        <Alert>
          <Text size="sm">
            Send this link to one person. It works once, until <Time iso={invite.expires_at} />, and is not
            shown again.
          </Text>
        </Alert>
        <Code block className="secret">
          {url}
        </Code>
        <Group justify="space-between">
          <CopyButton text={url} what="link" />
          <Button onClick={onClose} data-autofocus>
            Done
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Members({ query }: { query: UseQueryResult<MembersView> }) {
  const [removing, setRemoving] = useState<MemberView>();
  const columns: readonly Column<MemberView>[] = [
    { title: "Person", leads: true, cell: (member) => <Person member={member} /> },
    {
      title: "Role",
      cell: (member) => <Badge color={member.role === "owner" ? "ink" : "gray"}>{member.role}</Badge>,
    },
    { title: "Since", cell: (member) => <Time iso={member.joined_at} /> },
    {
      title: "Actions",
      cell: (member) =>
        member.is_you ? null : (
          <Button
            size="compact-xs"
            variant="light"
            color="red"
            onClick={() => setRemoving(member)}
            aria-label={`Remove ${member.name || member.email}`}
          >
            Remove
          </Button>
        ),
    },
  ];
  return (
    <Section title="People of this account" flush>
      <Loaded query={query} loading={<LoadingRows rows={3} label="The people are loading" />}>
        {({ members }) => (
          <DataTable label="People" columns={columns} rows={members} rowKey={(member) => member.member_id} />
        )}
      </Loaded>
      {removing && <RemoveModal member={removing} onClose={() => setRemoving(undefined)} />}
    </Section>
  );
}

function Person({ member }: { member: MemberView }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {member.name || member.email}
        {member.is_you && (
          <Text span inherit c="dimmed" fw={400}>
            {" "}
            (you)
          </Text>
        )}
      </Text>
      <Text size="xs" c="dimmed" className="breaks">
        {member.email}
      </Text>
    </div>
  );
}

function RemoveModal({ member, onClose }: { member: MemberView; onClose: () => void }) {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => read(api.members[":memberId"].$delete({ param: { memberId: member.member_id } })),
    onSuccess: (members) => {
      client.setQueryData(MEMBERS, members);
      onClose();
    },
  });
  return (
    <ConfirmModal
      title={`Remove ${member.name || member.email}?`}
      action="Remove"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      They no longer see this account. Keys that they made go on working until somebody revokes them.
    </ConfirmModal>
  );
}

function Invites({ query }: { query: UseQueryResult<MembersView> }) {
  const client = useQueryClient();
  const { mutate, error } = useMutation({
    mutationFn: (inviteId: string) => read(api.members.invites[":inviteId"].$delete({ param: { inviteId } })),
    onSuccess: (members) => client.setQueryData(MEMBERS, members),
  });
  const columns: readonly Column<InviteView>[] = [
    { title: "Made", leads: true, cell: (invite) => <Ago iso={invite.created_at} /> },
    { title: "Works until", cell: (invite) => <Time iso={invite.expires_at} /> },
    {
      title: "Actions",
      cell: (invite) => (
        <Button size="compact-xs" variant="default" onClick={() => mutate(invite.invite_id)}>
          Withdraw
        </Button>
      ),
    },
  ];
  return (
    <Section title="Open invitations" flush>
      {error && <Failure error={error} />}
      <Loaded query={query} loading={<LoadingRows rows={2} label="The invitations are loading" />}>
        {({ invites }) =>
          invites.length > 0 ? (
            <DataTable
              label="Open invitations"
              columns={columns}
              rows={invites}
              rowKey={(it) => it.invite_id}
            />
          ) : (
            <Empty title="No open invitation">An invitation is a link for one person: it works once.</Empty>
          )
        }
      </Loaded>
    </Section>
  );
}
