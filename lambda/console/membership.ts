import { createHash } from "node:crypto";
import { newId } from "../core/keys.ts";
import type { Member } from "../core/members.ts";
import type { Identity } from "../core/sign-in.ts";
import type { Console } from "./console.ts";

/** Why a sign-in did not end in the console, as the page is told: `?sign_in_error=…`. */
export type SignInProblem =
  /** It took longer than ten minutes, or was answered twice. */
  | "sign_in_expired"
  /** The issuer said no, or its answer was not to this sign-in. */
  | "sign_in_refused"
  /** The invite is unknown, expired, revoked or used. */
  | "invite_invalid"
  /** Who follows an invite belongs to an account already. */
  | "already_member"
  | "unavailable";

/**
 * Where an identity belongs: to the account it was invited to, or to its own, which the first sign-in makes. Every step
 * may be repeated, so whatever a crash left undone the next sign-in does.
 * @param inviteToken of the link that was followed.
 */
export async function joinAccount(
  console: Console,
  identity: Identity,
  inviteToken: string | undefined,
): Promise<SignInProblem | undefined> {
  const known = await console.members.find(identity.subject);
  if (inviteToken !== undefined) return acceptInvite(console, identity, known, inviteToken);
  if (!known) await console.members.add(await newOwner(console, identity));
  return undefined;
}

async function acceptInvite(
  console: Console,
  identity: Identity,
  known: Member | undefined,
  token: string,
): Promise<SignInProblem | undefined> {
  // Before the invite is used up: it is still good for whom it was meant for.
  if (known) return "already_member";
  const nowIso = new Date(console.nowMs()).toISOString();
  const invite = await console.invites.take(tokenHashOf(token), identity.subject, nowIso);
  if (!invite) return "invite_invalid";
  const member = { ...personOf(console, identity), accountId: invite.accountId, role: "member" } as const;
  if (await console.members.add(member, invite.createdAt)) return undefined;
  // Another answer of the same sign-in was first; or they were removed since, and their link is still in their hands.
  return (await console.members.find(identity.subject)) ? undefined : "invite_invalid";
}

/** An account of their own. Its id comes from the subject, so there is one for each, with one welcome credit. */
async function newOwner(console: Console, identity: Identity): Promise<Member> {
  const { accounts, ledger, settings } = console;
  const person = personOf(console, identity);
  const accountId = newId("acct_", sha256(`account of ${identity.subject}`));
  await accounts.createIfAbsent({
    accountId,
    name: identity.email || identity.name,
    createdAt: person.joinedAt,
  });
  if (settings.welcomeCreditPicoUsd > 0n) {
    const creditId = `adj_welcome_${accountId}`;
    // Once for each account, also when the operator has changed the amount since.
    const given = await ledger.entry(accountId, creditId);
    if (!given) {
      await ledger.credit({
        accountId,
        creditId,
        type: "adjustment",
        amountPicoUsd: settings.welcomeCreditPicoUsd,
        createdAt: person.joinedAt,
        reason: "welcome credit",
      });
    }
  }
  return { ...person, accountId, role: "owner" };
}

function personOf(console: Console, { subject, name, email }: Identity): Omit<Member, "accountId" | "role"> {
  const joinedAt = new Date(console.nowMs()).toISOString();
  return { subject, memberId: memberIdOf(subject), name, email, joinedAt };
}

export function memberIdOf(subject: string): string {
  return `mem_${sha256(`member ${subject}`).toString("hex").slice(0, 16)}`;
}

export function tokenHashOf(token: string): string {
  return sha256(token).toString("hex");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
