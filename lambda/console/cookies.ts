import { createHash } from "node:crypto";
import { EncryptJWT, errors, jwtDecrypt } from "jose";

/** What a cookie of ours carries: encrypted and authenticated, so that nobody else reads or makes one. */
export interface CookieBox {
  seal(content: Record<string, unknown>, expiresAtMs: number): Promise<string>;
  /** @returns what was sealed; `expired` when its time is over; undefined for what we did not seal. */
  open(sealed: string): Promise<Record<string, unknown> | "expired" | undefined>;
}

/** @param purpose a cookie of one purpose is none of another. */
export function cookieBox(secret: () => Promise<string>, purpose: string, nowMs: () => number): CookieBox {
  const key = async () =>
    createHash("sha256")
      .update(await secret())
      .digest();
  return {
    seal: async (content, expiresAtMs) =>
      new EncryptJWT(content)
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setAudience(purpose)
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .encrypt(await key()),
    async open(sealed) {
      const options = { audience: purpose, currentDate: new Date(nowMs()), requiredClaims: ["exp"] };
      try {
        return (await jwtDecrypt(sealed, await key(), options)).payload;
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "expired";
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

export interface CookiePlace {
  /** The path below which the browser sends it. */
  readonly path: string;
  /**
   * `Secure` wherever there is a network to listen on. Over http the console is on this machine only (the local server
   * listens on 127.0.0.1, and a deployed console is https), where Safari would drop a cookie that is marked so.
   */
  readonly secure: boolean;
}

export function cookiePlace(consoleUrl: string): CookiePlace {
  const url = new URL(consoleUrl);
  return { path: url.pathname, secure: url.protocol === "https:" };
}
