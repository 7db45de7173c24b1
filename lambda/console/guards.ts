import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import { type ConsoleEnvironment, readSession, SESSION_COOKIE, type Session } from "./session.ts";

const SAFE_METHODS = new Set(["GET", "HEAD"]);

/**
 * Lets nobody through without a session, and nothing change that another site's page asked for: the browser's own word
 * for where a request comes from has to be ours, and the page has to know the session's token, which no other can read.
 */
export function signedIn(console: Console) {
  const origin = new URL(console.settings.consoleUrl).origin;
  return createMiddleware<ConsoleEnvironment>(async (c, next) => {
    const session = await readSession(console, getCookie(c, SESSION_COOKIE));
    if (!SAFE_METHODS.has(c.req.method)) {
      refuseOtherSites(session, origin, c.req.header("origin"), c.req.header("x-csrf-token"));
    }
    c.set("session", session);
    c.header("cache-control", "no-store");
    await next();
  });
}

/** @throws ConsoleError `cross_site_request` */
function refuseOtherSites(
  session: Session,
  ours: string,
  origin: string | undefined,
  token: string | undefined,
): void {
  if (origin !== ours) {
    const from = origin === undefined ? "without an Origin header" : "from another site";
    throw new ConsoleError(
      "cross_site_request",
      `This came ${from}. Only the console's own page may do this.`,
    );
  }
  if (token !== session.csrfToken) {
    const message = "The header x-csrf-token is missing or of another session. Load the page again.";
    throw new ConsoleError("cross_site_request", message);
  }
}

export const ownerOnly = createMiddleware<ConsoleEnvironment>(async (c, next) => {
  if (c.var.session.role !== "owner") {
    throw new ConsoleError("forbidden", "Only an owner of the account may do this. Ask one of them.");
  }
  await next();
});

/** To everybody else there is nothing here: not even which accounts exist. */
export const operatorOnly = createMiddleware<ConsoleEnvironment>(async (c, next) => {
  if (!c.var.session.isOperator) throw new ConsoleError("not_found", "There is nothing here.");
  await next();
});
