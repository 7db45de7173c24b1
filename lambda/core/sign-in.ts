/** Signing in with an identity provider, as the console sees it. */

/** A sign-in that was begun: what has to come back unchanged, and where the browser goes. */
export interface BegunSignIn {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE's secret. */
  readonly codeVerifier: string;
}

export interface Identity {
  /** Unique across issuers. */
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  /** A member of the operators' group. */
  readonly isOperator: boolean;
  /** Hint for the issuer's sign-out. */
  readonly idToken: string;
}

export interface IdentityProvider {
  begin(): Promise<BegunSignIn>;
  /**
   * @param answer the query that the issuer sent the browser back with.
   * @throws SignInRefused when the issuer refused, or what came back is not what was begun.
   */
  finish(answer: URLSearchParams, begun: Omit<BegunSignIn, "url">): Promise<Identity>;
  /** Where the browser signs out of the issuer too, to come back to `returnTo`; that itself where there is no such place. */
  signOutUrl(idToken: string | undefined, returnTo: string): Promise<string>;
}

export class SignInRefused extends Error {
  override readonly name = "SignInRefused";
}
