import type { Invite } from "../core/members.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import { tokenHashOf } from "./membership.ts";
import type { Session } from "./session.ts";
import type { CreatedInviteView, InviteView, MembersView, MemberView } from "./views.ts";

const DAY_MS = 86_400_000;
const MOST_INVITES = 50;

export async function teamOf(console: Console, session: Session): Promise<MembersView> {
  return {
    members: await membersOf(console, session.accountId, session.memberId),
    invites: (await openInvites(console, session.accountId)).map(inviteView),
  };
}

/** In order of when they joined. @param you the member who looks, if any of them. */
export async function membersOf(
  { members }: Console,
  accountId: string,
  you: string | undefined,
): Promise<MemberView[]> {
  const found = await Array.fromAsync(members.list(accountId));
  return found
    .sort((a, b) => (a.joinedAt < b.joinedAt ? -1 : 1))
    .map(({ memberId, name, email, role, joinedAt }) => ({
      member_id: memberId,
      name,
      email,
      role,
      joined_at: joinedAt,
      is_you: memberId === you,
    }));
}

/** @throws ConsoleError `not_found`, `conflict` */
export async function removeMember(
  console: Console,
  session: Session,
  memberId: string,
): Promise<MembersView> {
  const members = await Array.fromAsync(console.members.list(session.accountId));
  const member = members.find((known) => known.memberId === memberId);
  if (!member) throw new ConsoleError("not_found", "This account has no member with this id.");
  if (member.role === "owner") {
    throw new ConsoleError("conflict", "An owner cannot be removed: nobody could reach the account's money.");
  }
  await console.members.remove(member.subject, session.accountId, new Date(console.nowMs()).toISOString());
  return teamOf(console, session);
}

/** @throws ConsoleError `conflict` */
export async function createInvite(console: Console, session: Session): Promise<CreatedInviteView> {
  if ((await openInvites(console, session.accountId)).length >= MOST_INVITES) {
    throw new ConsoleError("conflict", `There are ${MOST_INVITES} invites that still work. End one first.`);
  }
  const token = Buffer.from(console.randomBytes(32)).toString("base64url");
  const nowMs = console.nowMs();
  const tokenHash = tokenHashOf(token);
  const invite: Invite = {
    tokenHash,
    inviteId: inviteIdOf(tokenHash),
    accountId: session.accountId,
    createdBy: session.memberId,
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + console.settings.inviteDays * DAY_MS).toISOString(),
  };
  await console.invites.create(invite);
  const url = `${console.settings.consoleUrl}/api/session/login?invite=${token}`;
  return { invite: inviteView(invite), url };
}

/** @throws ConsoleError `not_found` */
export async function endInvite(console: Console, session: Session, inviteId: string): Promise<MembersView> {
  const invite = (await openInvites(console, session.accountId)).find((known) => known.inviteId === inviteId);
  if (!invite)
    throw new ConsoleError("not_found", "This account has no invite with this id that still works.");
  await console.invites.revoke(invite.tokenHash, new Date(console.nowMs()).toISOString());
  return teamOf(console, session);
}

async function openInvites(console: Console, accountId: string): Promise<Invite[]> {
  const invites = await Array.fromAsync(console.invites.list(accountId));
  const now = new Date(console.nowMs()).toISOString();
  return invites
    .filter(({ expiresAt }) => expiresAt > now)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** Enough of the hash to name it, and too little to look it up by. */
function inviteIdOf(tokenHash: string): string {
  return `inv_${tokenHash.slice(0, 16)}`;
}

function inviteView({ inviteId, createdAt, expiresAt }: Invite): InviteView {
  return { invite_id: inviteId, created_at: createdAt, expires_at: expiresAt };
}
