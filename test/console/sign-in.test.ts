// Who gets into the console, over real HTTP and with a real issuer: sign-in, sessions, invites, members.

import { createHash } from "node:crypto";
import { EncryptJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type ConsoleWorld, openConsoleWorld } from "./console-world.ts";

let world: ConsoleWorld;
let owner: Browser;

beforeAll(async () => {
  world = await openConsoleWorld();
  owner = await world.signedIn("local-owner");
});

afterAll(() => world.close());

const errorOf = ({ json }: { json: Record<string, unknown> }) =>
  json["error"] as { code: string; message: string; param: string | null };

// --- signing in -----------------------------------------------------------------------------------------------

test("The local owner comes to where they wanted to go, as owner of the first account and as operator.", async () => {
  const browser = new Browser(world.consoleUrl);
  expect(await browser.signIn("local-owner", "?return_to=/keys")).toBe(`${world.consoleUrl}#/keys`);
  const { json } = await browser.call("GET", "session");
  expect(json).toMatchObject({ role: "owner", is_operator: true, account: { name: "local" } });
});

test("A first sign-in makes an account with its welcome credit, once, however often and at once.", async () => {
  const browsers = await Promise.all([1, 2, 3].map(() => world.signedIn("cleo")));
  const balances = await Promise.all(browsers.map((browser) => browser.call("GET", "balance/credits")));
  for (const { json } of balances) {
    expect(json).toMatchObject({ credits: [{ amount: "3.00", reason: "welcome credit" }], next: null });
  }
  const found = await owner.call("GET", "operator/accounts?search=cleo@");
  expect(found.json["accounts"]).toHaveLength(1);
});

test("The session's cookie is for this page alone: HttpOnly, SameSite, its path; Secure only over https.", async () => {
  const browser = new Browser(world.consoleUrl);
  const response = await browser.fetch(`${world.consoleUrl}api/session/login`);
  const [cookie = ""] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^wlrouter_sign_in=.+; Max-Age=600; Path=\/console; HttpOnly; SameSite=Lax$/);
});

test.each(["//evil.example", "https://evil.example", "/a\\b", '/x"><script>'])(
  "A sign-in never leads to %s.",
  async (place) => {
    const end = await new Browser(world.consoleUrl).signIn(
      "local-owner",
      `?return_to=${encodeURIComponent(place)}`,
    );
    expect(end).toBe(`${world.consoleUrl}#/`);
  },
);

test("An answer to no sign-in, to another one, or one with a wrong code ends on the page, signed out.", async () => {
  const stray = new Browser(world.consoleUrl);
  const callback = `${world.consoleUrl}api/session/callback?code=x&state=y`;
  expect((await stray.go(callback)).url).toBe(`${world.consoleUrl}?sign_in_error=sign_in_expired`);
  await stray.fetch(`${world.consoleUrl}api/session/login`);
  expect((await stray.go(callback)).url).toBe(`${world.consoleUrl}?sign_in_error=sign_in_refused`);
  expect((await stray.call("GET", "session")).status).toBe(401);
});

test("Whom the issuer does not know is refused there, and that ends on the page.", async () => {
  const end = await new Browser(world.consoleUrl).signIn("nobody");
  expect(end).toBe(`${world.consoleUrl}?sign_in_error=sign_in_refused`);
});

test("A sign-in that took longer than its time is over.", async () => {
  const slow = new Browser(world.consoleUrl);
  const { url } = await slow.go(`${world.consoleUrl}api/session/login`);
  world.clock.offsetMs += 11 * 60_000;
  const end = await slow.go(url, { method: "POST", body: new URLSearchParams({ user: "ada" }) });
  world.clock.offsetMs = 0;
  expect(end.url).toBe(`${world.consoleUrl}?sign_in_error=sign_in_expired`);
});

// --- sessions -------------------------------------------------------------------------------------------------

test("Without a session, with a broken one or with one that we did not make, every answer is 401.", async () => {
  const forged = await new EncryptJWT({ subject: "local#local-owner", csrfToken: "x", isOperator: true })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setAudience("session")
    .setExpirationTime("1h")
    .encrypt(createHash("sha256").update("a guess").digest());
  for (const cookie of [undefined, "broken", forged]) {
    const browser = new Browser(world.consoleUrl);
    if (cookie) browser.setCookie("wlrouter_session", cookie);
    const answer = await browser.call("GET", "keys");
    expect([answer.status, errorOf(answer).code]).toEqual([401, "not_signed_in"]);
  }
});

test("A session that has ended says so, and changes nothing.", async () => {
  const browser = await world.signedIn("local-owner");
  world.clock.offsetMs += 12 * 3_600_000 + 1_000;
  const answer = await browser.call("POST", "keys", { name: "late" });
  world.clock.offsetMs = 0;
  expect([answer.status, errorOf(answer).code]).toEqual([401, "session_expired"]);
  expect((await browser.call("GET", "keys")).text).not.toContain("late");
});

test("Another site's page changes nothing: not without our Origin, not without the session's token.", async () => {
  const attempts = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "x-csrf-token": "guess" },
    { "x-csrf-token": "" },
  ];
  for (const headers of attempts) {
    const answer = await owner.call("POST", "keys", { name: "cross-site" }, headers);
    expect([answer.status, errorOf(answer).code]).toEqual([403, "cross_site_request"]);
  }
  expect((await owner.call("GET", "keys")).text).not.toContain("cross-site");
});

test("Signing out ends the session here and leads to the issuer's own sign-out, which comes back.", async () => {
  const browser = await world.signedIn("ada");
  const { json } = await browser.call("POST", "session/logout");
  expect(browser.cookie("wlrouter_session")).toBeUndefined();
  expect((await browser.call("GET", "session")).status).toBe(401);
  const { response, url } = await browser.go(String(json["url"]));
  const page = await response.text();
  const [, action = ""] = /action="([^"]+)"/.exec(page) ?? [];
  const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
  const body = new URLSearchParams({ xsrf, logout: "yes" });
  expect((await browser.go(new URL(action, url).href, { method: "POST", body })).url).toBe(world.consoleUrl);
});

// --- members --------------------------------------------------------------------------------------------------

test("An invite makes one person a member, once; a member reads, and changes their own keys alone.", async () => {
  const { json } = await owner.call("POST", "members/invites");
  const query = new URL(String(json["url"])).search;
  const member = new Browser(world.consoleUrl);
  expect(await member.signIn("dora", query)).toBe(`${world.consoleUrl}#/`);
  const second = new Browser(world.consoleUrl);
  expect(await second.signIn("eve", query)).toBe(`${world.consoleUrl}?sign_in_error=invite_invalid`);
  expect((await second.call("GET", "session")).status).toBe(401);

  expect((await member.call("GET", "session")).json).toMatchObject({
    role: "member",
    is_operator: false,
    account: { name: "local" },
  });
  const ofOwner = (await owner.call("POST", "keys", { name: "of the owner" })).json["key"] as {
    key_id: string;
  };
  const ofMember = (await member.call("POST", "keys", { name: "of the member" })).json["key"] as {
    key_id: string;
  };
  expect((await member.call("POST", `keys/${ofOwner.key_id}/revoke`)).status).toBe(403);
  expect((await member.call("POST", `keys/${ofMember.key_id}/revoke`)).json).toMatchObject({
    status: "revoked",
  });
  const forbidden: [string, string, unknown?][] = [
    ["GET", "members"],
    ["POST", "members/invites"],
    ["PUT", "balance/threshold", { threshold: "1" }],
    ["POST", "payments/checkout", { amount: "10", checkout_id: "c1" }],
  ];
  for (const [method, path, body] of forbidden) {
    expect([path, (await member.call(method, path, body)).status]).toEqual([path, 403]);
  }

  const team = (await owner.call("GET", "members")).json["members"] as { member_id: string; role: string }[];
  const [gone = { member_id: "" }] = team.filter(({ role }) => role === "member");
  expect((await owner.call("DELETE", `members/${gone.member_id}`)).status).toBe(200);
  const after = await member.call("GET", "keys");
  expect([after.status, errorOf(after).code]).toEqual([401, "session_expired"]);
  // The link that they came by does not bring them back.
  const back = new Browser(world.consoleUrl);
  expect(await back.signIn("dora", query)).toBe(`${world.consoleUrl}?sign_in_error=invite_invalid`);
  expect((await back.call("GET", "session")).status).toBe(401);
  const [self = { member_id: "" }] = team.filter(({ role }) => role === "owner");
  expect((await owner.call("DELETE", `members/${self.member_id}`)).status).toBe(409);
});

test("An invite that has ended or expired is none, and who has an account keeps it.", async () => {
  const first = (await owner.call("POST", "members/invites")).json as {
    url: string;
    invite: { invite_id: string };
  };
  const query = new URL(first.url).search;
  const taken = new Browser(world.consoleUrl);
  await world.signedIn("ben");
  expect(await taken.signIn("ben", query)).toBe(`${world.consoleUrl}?sign_in_error=already_member`);
  await owner.call("DELETE", `members/invites/${first.invite.invite_id}`);
  const late = new Browser(world.consoleUrl);
  expect(await late.signIn("eve", query)).toBe(`${world.consoleUrl}?sign_in_error=invite_invalid`);

  const second = (await owner.call("POST", "members/invites")).json as { url: string };
  world.clock.offsetMs += 8 * 86_400_000;
  const expired = await new Browser(world.consoleUrl).signIn("eve", new URL(second.url).search);
  world.clock.offsetMs = 0;
  expect(expired).toBe(`${world.consoleUrl}?sign_in_error=invite_invalid`);
});
