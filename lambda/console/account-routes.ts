import { Hono } from "hono";
import { balanceOf, creditsOf, setThreshold, startOf } from "./balance.ts";
import type { Console } from "./console.ts";
import { ownerOnly } from "./guards.ts";
import { KeyNameInput, NewKeyInput, PageQuery, ThresholdInput } from "./inputs.ts";
import { createKey, listKeys, renameKey, revokeKey } from "./keys.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { createInvite, endInvite, removeMember, teamOf } from "./team.ts";
import { valid } from "./valid.ts";

/** The account's first page. */
export function startRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>().get("/start", async (c) =>
    c.json(await startOf(console, c.var.session.accountId)),
  );
}

export function keyRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/keys", async (c) => {
      const { session } = c.var;
      return c.json({ keys: await listKeys(console, session.accountId, session) });
    })
    .post("/keys", valid("json", NewKeyInput), async (c) =>
      c.json(await createKey(console, c.var.session, c.req.valid("json")), 201),
    )
    .patch("/keys/:keyId", valid("json", KeyNameInput), async (c) =>
      c.json(await renameKey(console, c.var.session, c.req.param("keyId"), c.req.valid("json").name)),
    )
    .post("/keys/:keyId/revoke", async (c) =>
      c.json(await revokeKey(console, c.var.session, c.req.param("keyId"))),
    );
}

export function balanceRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/balance", async (c) => c.json(await balanceOf(console, c.var.session.accountId)))
    .put("/balance/threshold", ownerOnly, valid("json", ThresholdInput), async (c) =>
      c.json(await setThreshold(console, c.var.session.accountId, c.req.valid("json").threshold)),
    )
    .get("/balance/credits", valid("query", PageQuery), async (c) =>
      c.json(await creditsOf(console, c.var.session.accountId, c.req.valid("query").cursor)),
    );
}

export function memberRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/members", ownerOnly, async (c) => c.json(await teamOf(console, c.var.session)))
    .delete("/members/:memberId", ownerOnly, async (c) =>
      c.json(await removeMember(console, c.var.session, c.req.param("memberId"))),
    )
    .post("/members/invites", ownerOnly, async (c) => c.json(await createInvite(console, c.var.session), 201))
    .delete("/members/invites/:inviteId", ownerOnly, async (c) =>
      c.json(await endInvite(console, c.var.session, c.req.param("inviteId"))),
    );
}
