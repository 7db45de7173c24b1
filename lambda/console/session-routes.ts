import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import { SignInRefused } from "../core/sign-in.ts";
import type { Console } from "./console.ts";
import { cookieBox, cookiePlace } from "./cookies.ts";
import { ConsoleError } from "./errors.ts";
import { signedIn } from "./guards.ts";
import { LoginQuery } from "./inputs.ts";
import { joinAccount, type SignInProblem } from "./membership.ts";
import { type ConsoleEnvironment, SESSION_COOKIE, sealSession } from "./session.ts";
import { valid } from "./valid.ts";
import type { SessionView, SignedOutView } from "./views.ts";

const SIGN_IN_COOKIE = "wlrouter_sign_in";
const SIGN_IN_MS = 10 * 60_000;

/** What has to survive the way to the issuer and back. */
const BegunSignIn = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  invite: z.string().optional(),
});

/**
 * Signing in and out. `login` and `callback` are for the browser to go to, not to be fetched. A sign-in that fails ends
 * on the page with `?sign_in_error=` and a `SignInProblem`.
 */
export function sessionRoutes(console: Console) {
  return new Hono<ConsoleEnvironment>()
    .get("/session/login", valid("query", LoginQuery), async (c) => {
      const { return_to, invite } = c.req.valid("query");
      const { url, ...begun } = await console.identityProvider.begin().catch((cause: unknown) => {
        throw new ConsoleError("service_unavailable", "Signing in is not possible right now. Try again.", {
          cause,
        });
      });
      const sealed = await signInBox(console).seal(
        { ...begun, returnTo: pagePath(return_to), ...(invite ? { invite } : {}) },
        console.nowMs() + SIGN_IN_MS,
      );
      setCookie(c, SIGN_IN_COOKIE, sealed, { ...cookieOptions(console), maxAge: SIGN_IN_MS / 1_000 });
      return c.redirect(url);
    })
    .get("/session/callback", async (c) => c.redirect(await finishSignIn(console, c)))
    .get("/session", signedIn(console), async (c) => c.json(await sessionView(console, c)))
    .post("/session/logout", signedIn(console), async (c) => {
      const { identityProvider, settings } = console;
      deleteCookie(c, SESSION_COOKIE, cookieOptions(console));
      // Signed out here in any case; of an issuer that cannot be asked, only here.
      const url = await identityProvider
        .signOutUrl(c.var.session.idToken, settings.pageUrl)
        .catch(() => settings.pageUrl);
      return c.json<SignedOutView>({ url });
    });
}

/** @returns where the browser goes next. */
async function finishSignIn(console: Console, c: Context<ConsoleEnvironment>): Promise<string> {
  const { pageUrl, sessionHours } = console.settings;
  const sealed = getCookie(c, SIGN_IN_COOKIE);
  const { data: begun } = BegunSignIn.safeParse(sealed && (await signInBox(console).open(sealed)));
  deleteCookie(c, SIGN_IN_COOKIE, cookieOptions(console));
  if (!begun) return problemUrl(pageUrl, "sign_in_expired");
  try {
    const answer = new URL(c.req.url).searchParams;
    const identity = await console.identityProvider.finish(answer, begun);
    const problem = await joinAccount(console, identity, begun.invite);
    if (problem) return problemUrl(pageUrl, problem);
    // It outlives the session inside it, so that an ended session is told from none.
    const maxAge = sessionHours * 3_600 + 86_400;
    setCookie(c, SESSION_COOKIE, await sealSession(console, identity), { ...cookieOptions(console), maxAge });
    return `${pageUrl}#${begun.returnTo}`;
  } catch (error) {
    if (error instanceof SignInRefused) return problemUrl(pageUrl, "sign_in_refused");
    console.report(error, c.var.requestId);
    return problemUrl(pageUrl, "unavailable");
  }
}

async function sessionView(console: Console, c: Context<ConsoleEnvironment>): Promise<SessionView> {
  const { session } = c.var;
  const account = await console.ledger.account(session.accountId);
  if (!account) throw new ConsoleError("session_expired", "Your account does not exist any more.");
  return {
    user: { member_id: session.memberId, name: session.name, email: session.email },
    account: { account_id: account.accountId, name: account.name, status: account.status },
    role: session.role,
    is_operator: session.isOperator,
    csrf_token: session.csrfToken,
    expires_at: new Date(session.expiresAtMs).toISOString(),
  };
}

function signInBox({ sessionSecret, nowMs }: Console) {
  return cookieBox(sessionSecret, "sign-in", nowMs);
}

function cookieOptions({ settings }: Console) {
  return { ...cookiePlace(settings.consoleUrl), httpOnly: true, sameSite: "Lax" } as const;
}

function problemUrl(pageUrl: string, problem: SignInProblem): string {
  return `${pageUrl}?sign_in_error=${problem}`;
}

/** A place within the page: whatever else was asked for would be a way to lead people elsewhere. */
function pagePath(wanted: string | undefined): string {
  return wanted !== undefined && /^\/[\w\-/.?=&%]*$/.test(wanted) && !wanted.startsWith("//") ? wanted : "/";
}
