import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Configuration } from "oidc-provider";
import { issuerMemory } from "./issuer-memory.ts";

export interface LocalUser {
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** The person at this machine, who is its operator. */
export const LOCAL_USER: LocalUser = {
  subject: "local-owner",
  name: "Local owner",
  email: "owner@localhost",
  groups: ["operators"],
};

/** A real OpenID Connect issuer on a port of this machine only; whoever reaches it may sign in as any of its users. */
export interface LocalIssuer {
  readonly url: string;
  close(): Promise<void>;
}

export const LOCAL_CLIENT_ID = "wlrouter-console";

export interface LocalIssuerOptions {
  readonly redirectUri: string;
  /** Where the browser goes after signing out. */
  readonly pageUrl: string;
  readonly users?: readonly LocalUser[];
}

export async function startIssuer(options: LocalIssuerOptions): Promise<LocalIssuer> {
  const users = options.users ?? [LOCAL_USER];
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
  const server = createServer((request, response) => answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, await configuration(options, users));
  const protocol = provider.callback();
  answer = (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return void protocol(request, response);
    interact(provider, users, request, response).catch(() => response.writeHead(400).end(EXPIRED));
  };
  return {
    url,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function configuration(
  { redirectUri, pageUrl }: LocalIssuerOptions,
  users: readonly LocalUser[],
): Promise<Configuration> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return {
    adapter: issuerMemory(),
    clients: [
      {
        client_id: LOCAL_CLIENT_ID,
        token_endpoint_auth_method: "none",
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [pageUrl],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256", kid: "local" }] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    claims: { openid: ["sub"], email: ["email"], profile: ["name", "groups"] },
    // The identity token says who somebody is, as Cognito's does.
    conformIdTokenClaims: false,
    ttl: {
      Session: DAY_SECONDS,
      Interaction: HOUR_SECONDS,
      Grant: DAY_SECONDS,
      IdToken: HOUR_SECONDS,
      AccessToken: HOUR_SECONDS,
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context, form) {
          context.body = signOutPage(form);
        },
      },
    },
    findAccount: (_, subject) => {
      const user = users.find((known) => known.subject === subject);
      return (
        user && {
          accountId: subject,
          claims: () => ({ sub: subject, name: user.name, email: user.email, groups: [...user.groups] }),
        }
      );
    },
    // Nobody is asked whether the console may know who they are.
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  };
}

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** The page on which one of the users is chosen; there are no passwords on one's own machine. */
async function interact(
  provider: Provider,
  users: readonly LocalUser[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const subject = new URLSearchParams(await text(request)).get("user");
    const user = users.find((known) => known.subject === subject);
    const result = user
      ? { login: { accountId: user.subject } }
      : { error: "access_denied", error_description: "There is no such user on this machine." };
    await provider.interactionFinished(request, response, result);
    return;
  }
  response.setHeader("content-type", "text/html; charset=utf-8").end(choicePage(users));
}

const STYLE =
  "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;" +
  "min-height:90vh;margin:0}main{max-width:24rem;padding:1rem}button{font:inherit;width:100%;padding:.7rem;margin:.3rem 0;" +
  "cursor:pointer}</style>";

function page(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${title}</title>${STYLE}<main><h1>${title}</h1>${body}</main></html>`
  );
}

function choicePage(users: readonly LocalUser[]): string {
  const buttons = users.map(
    ({ subject, name, email }) =>
      `<button name="user" value="${escaped(subject)}">Continue as ${escaped(name)} (${escaped(email)})</button>`,
  );
  const form = `<form method="post">${buttons.join("")}</form>`;
  return page("Sign in on this machine", `<p>This stands in for your identity provider.</p>${form}`);
}

function signOutPage(form: string): string {
  const button = `<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`;
  return page(
    "Sign out on this machine",
    `${form}${button}<script>document.querySelector("button").click()</script>`,
  );
}

const EXPIRED = "This sign-in has expired. Go back to the console and sign in again.";

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
