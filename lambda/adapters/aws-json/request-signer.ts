import type { AwsSigner } from "../../core/ports.ts";
import type { CredentialsSource } from "./credentials.ts";
import { amzDate, createSigner, type Sign } from "./signature.ts";

export interface SignerOptions {
  readonly region: string | undefined;
  readonly credentials: CredentialsSource;
  readonly nowMs: () => number;
}

/** Signs what another adapter sends to AWS, as whoever runs this. */
export function createRequestSigner({ region, credentials, nowMs }: SignerOptions): AwsSigner {
  const signers = new Map<string, Sign>();
  return {
    region,
    async sign({ service, region: where, url, headers, body }) {
      const place = `${service}/${where}`;
      const sign = signers.get(place) ?? createSigner({ service, region: where });
      signers.set(place, sign);
      const keys = await credentials();
      const date = amzDate(nowMs());
      const { host, pathname } = new URL(url);
      const all = {
        ...headers,
        host,
        "x-amz-date": date,
        ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
      };
      // Signed in alphabetical order.
      const signed = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
      const authorization = sign({ headers: signed, body, path: pathname, keys, date });
      return { ...signed, authorization };
    },
  };
}
