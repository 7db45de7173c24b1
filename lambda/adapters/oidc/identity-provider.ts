import * as oidc from "openid-client";
import { type BegunSignIn, type Identity, type IdentityProvider, SignInRefused } from "../../core/sign-in.ts";

export interface OidcSettings {
  /** The issuer's URL, under which its discovery document is. */
  readonly issuer: string;
  /** Stands for the issuer in subjects, where its URL may change; absent: the URL. */
  readonly issuerName?: string | undefined;
  readonly clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret?: (() => Promise<string | undefined>) | undefined;
  readonly redirectUri: string;
  readonly scope: string;
  /** The claim of the identity token that lists groups, and the group of operators. */
  readonly operatorClaim: string;
  readonly operatorGroup: string;
}

const CLOCK_TOLERANCE_SECONDS = 10;

/**
 * OpenID Connect: authorization code with PKCE, state and nonce; the identity token's signature is verified against the
 * issuer's published keys.
 */
export function createIdentityProvider(settings: OidcSettings): IdentityProvider {
  let known: Promise<oidc.Configuration> | undefined;
  function configuration(): Promise<oidc.Configuration> {
    known ??= discover(settings).catch((error: unknown) => {
      // The next sign-in asks again.
      known = undefined;
      throw error;
    });
    return known;
  }
  return {
    async begin() {
      const begun = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        codeVerifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: settings.redirectUri,
        scope: settings.scope,
        code_challenge: await oidc.calculatePKCECodeChallenge(begun.codeVerifier),
        code_challenge_method: "S256",
        state: begun.state,
        nonce: begun.nonce,
      });
      return { ...begun, url: url.href };
    },
    finish: async (answer, begun) =>
      identityOf(await exchange(await configuration(), settings, answer, begun), settings),
    async signOutUrl(idToken, returnTo) {
      const found = await configuration();
      if (!found.serverMetadata().end_session_endpoint) return returnTo;
      return oidc.buildEndSessionUrl(found, {
        post_logout_redirect_uri: returnTo,
        // What Cognito calls the same.
        logout_uri: returnTo,
        ...(idToken ? { id_token_hint: idToken } : {}),
      }).href;
    },
  };
}

async function discover(settings: OidcSettings): Promise<oidc.Configuration> {
  const issuer = new URL(settings.issuer);
  const clientSecret = await settings.clientSecret?.();
  const found = await oidc.discovery(
    issuer,
    settings.clientId,
    { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
    clientSecret ? oidc.ClientSecretPost(clientSecret) : oidc.None(),
    // Only this machine's own issuer speaks without TLS: configuration refuses any other.
    issuer.protocol === "http:" ? { execute: [oidc.allowInsecureRequests] } : {},
  );
  // Verifies the signature, though the token comes straight from the issuer.
  oidc.enableNonRepudiationChecks(found);
  return found;
}

async function exchange(
  configuration: oidc.Configuration,
  settings: OidcSettings,
  answer: URLSearchParams,
  begun: Omit<BegunSignIn, "url">,
): Promise<{ claims: oidc.IDToken; idToken: string }> {
  const url = new URL(settings.redirectUri);
  url.search = answer.toString();
  try {
    const tokens = await oidc.authorizationCodeGrant(configuration, url, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.codeVerifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims && tokens.id_token) return { claims, idToken: tokens.id_token };
  } catch (cause) {
    // Its message may quote what came back, so it stays here.
    throw new SignInRefused("the issuer refused, or its answer is not the one to this sign-in", { cause });
  }
  throw new SignInRefused("the issuer gave no identity token");
}

function identityOf(
  { claims, idToken }: { claims: oidc.IDToken; idToken: string },
  { issuerName, operatorClaim, operatorGroup }: OidcSettings,
): Identity {
  const email = textOf(claims["email"]) ?? "";
  const groups = [claims[operatorClaim] ?? []].flat();
  return {
    subject: `${issuerName ?? claims.iss}#${claims.sub}`,
    email,
    name: textOf(claims["name"]) ?? textOf(claims["preferred_username"]) ?? (email || claims.sub),
    isOperator: groups.includes(operatorGroup),
    idToken,
  };
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === "string" && claim !== "" ? claim.slice(0, 200) : undefined;
}
