import type { Invite, Invites, Member, Members } from "../../core/members.ts";
import { readText, text } from "./attributes.ts";
import { type Queries, textKey } from "./paged-reads.ts";
import { type Item, type Store, StoreError, type UpdateClauses } from "./store.ts";
import { type AllTableNames, INVITES_BY_ACCOUNT, MEMBERS_BY_ACCOUNT } from "./tables.ts";

/** Who was removed stays as an item without an account, so no delete is ever needed. */
export function createMembers(store: Store, queries: Queries, table: string): Members {
  return {
    async find(subject) {
      const item = await store.get(table, textKey("subject", subject), { consistent: true });
      return item?.["accountId"] && readMember(item);
    },
    async *list(accountId) {
      const partition = { name: "accountId", value: accountId };
      for await (const item of queries.query(table, { index: MEMBERS_BY_ACCOUNT, partition })) {
        yield readMember(item);
      }
    },
    add({ subject, ...member }, invitedAt) {
      const { set, values } = setting(member);
      const isNewer = "(attribute_not_exists(#removedAt) OR #removedAt < :invitedAt)";
      return applied(store, table, textKey("subject", subject), {
        set,
        condition: ["attribute_not_exists(#accountId)", ...(invitedAt === undefined ? [] : [isNewer])],
        values: { ...values, ...(invitedAt === undefined ? {} : { ":invitedAt": text(invitedAt) }) },
      });
    },
    remove: (subject, accountId, nowIso) =>
      applied(store, table, textKey("subject", subject), {
        set: ["#removedAt = :now"],
        remove: ["#accountId", "#role"],
        condition: ["#accountId = :accountId"],
        values: { ":accountId": text(accountId), ":now": text(nowIso) },
      }),
  };
}

export function createInvites(
  store: Store,
  queries: Queries,
  tables: Pick<AllTableNames, "invites">,
): Invites {
  const usable = [
    "attribute_exists(#tokenHash)",
    "attribute_not_exists(#revokedAt)",
    "(attribute_not_exists(#usedBy) OR #usedBy = :subject)",
    "#expiresAt > :now",
  ];
  return {
    create: (invite) =>
      store.putIfAbsent(
        tables.invites,
        Object.fromEntries(Object.entries(invite).map(([name, value]) => [name, text(value)])),
        "tokenHash",
      ),
    async *list(accountId) {
      const partition = { name: "accountId", value: accountId };
      for await (const item of queries.query(tables.invites, { index: INVITES_BY_ACCOUNT, partition })) {
        if (!item["usedBy"] && !item["revokedAt"]) yield readInvite(item);
      }
    },
    async take(tokenHash, subject, nowIso) {
      const key = textKey("tokenHash", tokenHash);
      const values = { ":subject": text(subject), ":now": text(nowIso) };
      const isTaken = await applied(store, tables.invites, key, {
        set: ["#usedBy = :subject"],
        condition: usable,
        values,
      });
      const item = isTaken ? await store.get(tables.invites, key, { consistent: true }) : undefined;
      return item && readInvite(item);
    },
    revoke: (tokenHash, nowIso) =>
      applied(store, tables.invites, textKey("tokenHash", tokenHash), {
        set: ["#revokedAt = :now"],
        condition: [
          "attribute_exists(#tokenHash)",
          "attribute_not_exists(#usedBy)",
          "attribute_not_exists(#revokedAt)",
        ],
        values: { ":now": text(nowIso) },
      }),
  };
}

function setting(attributes: Record<string, string>): Pick<UpdateClauses, "set" | "values"> {
  const names = Object.keys(attributes);
  return {
    set: names.map((name) => `#${name} = :${name}`),
    values: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, text(value)])),
  };
}

/** @returns whether the condition was true. */
async function applied(store: Store, table: string, key: Item, clauses: UpdateClauses): Promise<boolean> {
  try {
    await store.update(table, key, clauses);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.failure === "condition_failed") return false;
    throw error;
  }
}

function readMember(item: Item): Member {
  return {
    subject: readText(item, "subject") ?? "",
    memberId: readText(item, "memberId") ?? "",
    accountId: readText(item, "accountId") ?? "",
    role: readText(item, "role") === "owner" ? "owner" : "member",
    name: readText(item, "name") ?? "",
    email: readText(item, "email") ?? "",
    joinedAt: readText(item, "joinedAt") ?? "",
  };
}

function readInvite(item: Item): Invite {
  return {
    tokenHash: readText(item, "tokenHash") ?? "",
    inviteId: readText(item, "inviteId") ?? "",
    accountId: readText(item, "accountId") ?? "",
    createdBy: readText(item, "createdBy") ?? "",
    createdAt: readText(item, "createdAt") ?? "",
    expiresAt: readText(item, "expiresAt") ?? "",
  };
}
