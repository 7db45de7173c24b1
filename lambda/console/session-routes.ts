import { Hono } from "hono";
import type { Console } from "./console.ts";
import { signedIn } from "./guards.ts";
import { LoginQuery } from "./inputs.ts";
import { pending } from "./pending.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { valid } from "./valid.ts";
import type { SessionView, SignedOutView } from "./views.ts";

/** Signing in and out. `login` and `callback` are for the browser to go to, not to be fetched. */
export function sessionRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/session/login", valid("query", LoginQuery), async (c) => c.redirect(await pending<string>()))
    .get("/session/callback", async (c) => c.redirect(await pending<string>()))
    .get("/session", signedIn(console), async (c) => c.json(await pending<SessionView>()))
    .post("/session/logout", signedIn(console), async (c) => c.json(await pending<SignedOutView>()));
}
