/** Who belongs to an account. */

/** `owner`: everything of the account. `member`: reads, and makes and ends keys of their own. */
export type Role = "owner" | "member";

export interface Member {
  /** Of the identity, unique across issuers. */
  readonly subject: string;
  /** The same for the same subject, and says nothing about it. */
  readonly memberId: string;
  readonly accountId: string;
  readonly role: Role;
  readonly name: string;
  readonly email: string;
  readonly joinedAt: string;
}

export interface Members {
  find(subject: string): Promise<Member | undefined>;
  list(accountId: string): AsyncIterable<Member>;
  /**
   * @param invitedAt when the invite was made that is followed: one from before a removal brings nobody back.
   * @returns false when the subject belongs to an account already, or was removed from one since then.
   */
  add(member: Member, invitedAt?: string): Promise<boolean>;
  /** @returns false when the subject does not belong to this account. */
  remove(subject: string, accountId: string, nowIso: string): Promise<boolean>;
}

/** A link by which one person becomes a member. Of the link's token only the hash is kept. */
export interface Invite {
  readonly tokenHash: string;
  readonly inviteId: string;
  readonly accountId: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface Invites {
  create(invite: Invite): Promise<void>;
  /** Those that were not used, whether or not they have expired. */
  list(accountId: string): AsyncIterable<Invite>;
  /** Uses it up. @returns undefined when it is unknown, expired, revoked, or used by somebody else. */
  take(tokenHash: string, subject: string, nowIso: string): Promise<Invite | undefined>;
  /** @returns false when there is none that could be used. */
  revoke(tokenHash: string, nowIso: string): Promise<boolean>;
}
