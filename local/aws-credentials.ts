import { type CredentialsSource, renewed } from "../lambda/adapters/aws-json/credentials.ts";

/** What the AWS command line would use on this machine, profiles and sign-ins included. Loaded when first asked for. */
export function commandLineCredentials(): CredentialsSource {
  return renewed(async () => {
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await defaultProvider()();
    return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: expiration?.getTime() };
  }, Date.now);
}
