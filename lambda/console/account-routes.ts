import { Hono } from "hono";
import type { Console } from "./console.ts";
import { ownerOnly } from "./guards.ts";
import { KeyNameInput, NewKeyInput, PageQuery, ThresholdInput } from "./inputs.ts";
import { pending } from "./pending.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { valid } from "./valid.ts";
import type {
  BalanceView,
  CreatedInviteView,
  CreatedKeyView,
  CreditsView,
  KeyView,
  MembersView,
  StartView,
} from "./views.ts";

/** The account's first page. */
export function startRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>().get("/start", async (c) => c.json(await pending<StartView>()));
}

export function keyRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/keys", async (c) => c.json(await pending<{ keys: KeyView[] }>()))
    .post("/keys", valid("json", NewKeyInput), async (c) => c.json(await pending<CreatedKeyView>(), 201))
    .patch("/keys/:keyId", valid("json", KeyNameInput), async (c) => c.json(await pending<KeyView>()))
    .post("/keys/:keyId/revoke", async (c) => c.json(await pending<KeyView>()));
}

export function balanceRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/balance", async (c) => c.json(await pending<BalanceView>()))
    .put("/balance/threshold", ownerOnly, valid("json", ThresholdInput), async (c) =>
      c.json(await pending<BalanceView>()),
    )
    .get("/balance/credits", valid("query", PageQuery), async (c) => c.json(await pending<CreditsView>()));
}

export function memberRoutes(_console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/members", ownerOnly, async (c) => c.json(await pending<MembersView>()))
    .delete("/members/:memberId", ownerOnly, async (c) => c.json(await pending<MembersView>()))
    .post("/members/invites", ownerOnly, async (c) => c.json(await pending<CreatedInviteView>(), 201))
    .delete("/members/invites/:inviteId", ownerOnly, async (c) => c.json(await pending<MembersView>()));
}
