import { z } from "zod";
import type { Role } from "../core/members.ts";
import type { Identity } from "../core/sign-in.ts";
import type { Console } from "./console.ts";
import { type CookieBox, cookieBox } from "./cookies.ts";
import { ConsoleError } from "./errors.ts";

/** Who is signed in, as every route sees it: what is read and written is this account's, whatever a request says. */
export interface Session {
  readonly subject: string;
  readonly memberId: string;
  readonly name: string;
  readonly email: string;
  readonly accountId: string;
  readonly role: Role;
  readonly isOperator: boolean;
  readonly csrfToken: string;
  readonly expiresAtMs: number;
  readonly idToken: string | undefined;
}

/** What hono carries from the guards to the routes. */
export interface ConsoleEnvironment {
  Variables: { requestId: string; session: Session };
}

export const SESSION_COOKIE = "wlrouter_session";

const SealedSession = z.object({
  subject: z.string(),
  name: z.string(),
  email: z.string(),
  isOperator: z.boolean(),
  csrfToken: z.string(),
  idToken: z.string().optional(),
  exp: z.number(),
});

/** Browsers take cookies of 4,096 bytes; the issuer's hint for signing out is what can be left out. */
const LONGEST_ID_TOKEN = 2_000;

function sessionBox({ sessionSecret, nowMs }: Console): CookieBox {
  return cookieBox(sessionSecret, "session", nowMs);
}

/** @returns the cookie's value. */
export async function sealSession(console: Console, identity: Identity): Promise<string> {
  const { idToken, ...person } = identity;
  const csrfToken = Buffer.from(console.randomBytes(24)).toString("base64url");
  const expiresAtMs = console.nowMs() + console.settings.sessionHours * 3_600_000;
  const hint = idToken.length <= LONGEST_ID_TOKEN ? { idToken } : {};
  return sessionBox(console).seal({ ...person, ...hint, csrfToken }, expiresAtMs);
}

/**
 * The session of a cookie. Who was removed from the account has none any more, whatever the cookie says; that someone is
 * an operator holds for as long as the session does.
 * @throws ConsoleError `not_signed_in`, `session_expired`
 */
export async function readSession(console: Console, cookie: string | undefined): Promise<Session> {
  const sealed = cookie === undefined ? undefined : await sessionBox(console).open(cookie);
  if (sealed === "expired")
    throw new ConsoleError("session_expired", "Your session has ended. Sign in again.");
  const { data } = SealedSession.safeParse(sealed);
  if (!data) throw new ConsoleError("not_signed_in", "You are not signed in.");
  const member = await console.members.find(data.subject);
  if (!member) {
    throw new ConsoleError("session_expired", "You do not belong to this account any more. Sign in again.");
  }
  return {
    subject: data.subject,
    name: data.name,
    email: data.email,
    isOperator: data.isOperator,
    csrfToken: data.csrfToken,
    idToken: data.idToken,
    memberId: member.memberId,
    accountId: member.accountId,
    role: member.role,
    expiresAtMs: data.exp * 1_000,
  };
}
