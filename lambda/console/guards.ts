import { createMiddleware } from "hono/factory";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import { pending } from "./pending.ts";
import type { ConsoleEnvironment, Session } from "./session.ts";

/** Lets nobody through without a session, and no page but ours do anything with one. */
export function signedIn(_console: Console) {
  return createMiddleware<ConsoleEnvironment>(async (c, next) => {
    c.set("session", await pending<Session>());
    await next();
  });
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
