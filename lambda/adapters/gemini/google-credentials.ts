import type {
  ExternalAccountClientOptions,
  JWTOptions,
  JWTInput as ServiceAccount,
} from "google-auth-library";

const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];

/** Google answers within a second; a request that waits for a token has other routes. Tried up to four times. */
const TOKEN_TIMEOUT_MS = 3_000;

/** The header that says who calls. @throws Error when Google gives no token, or the credentials are none. */
export type Credentials = (key: string) => Promise<Record<string, string>>;

export interface CredentialsOptions {
  /** How Google's token endpoint is reached. */
  readonly fetchImplementation?: typeof fetch;
  /** Of each try to get a token. */
  readonly timeoutMs?: number;
}

/**
 * What an operator may keep where a key belongs: an API key (AI Studio, Vertex express mode), an access token, which ends
 * after an hour, or Google's credentials in JSON: a service account's key, or a workload identity federation. For those
 * Google's own library gets tokens and keeps them until five minutes before their end; it is loaded when the first is
 * needed. Requests that come at once wait for the same token.
 */
export function createCredentials(options: CredentialsOptions = {}): Credentials {
  const tokens = new Map<string, Promise<() => Promise<string>>>();
  return async (key) => {
    if (key.startsWith("ya29.")) return bearer(key);
    if (!key.startsWith("{")) return { "x-goog-api-key": key };
    const source = tokens.get(key) ?? tokenSource(key, options);
    tokens.set(key, source);
    return bearer(await (await source)());
  };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function tokenSource(
  credentialsJson: string,
  { fetchImplementation, timeoutMs = TOKEN_TIMEOUT_MS }: CredentialsOptions,
): Promise<() => Promise<string>> {
  const credentials = parsed(credentialsJson);
  if (!credentials) throw new Error("Google's credentials are not whole: they begin as JSON and are none");
  const client = await clientOf(credentials, {
    scopes: SCOPES,
    transporterOptions: { timeout: timeoutMs, ...(fetchImplementation && { fetchImplementation }) },
  });
  return async () => {
    const { token } = await client.getAccessToken();
    if (!token) throw new Error("Google's credentials gave no access token");
    return token;
  };
}

type ClientOptions = Pick<JWTOptions, "transporterOptions"> & { readonly scopes: string[] };

/** By Google's own names for kinds of credentials. @throws Error that names the field which is missing. */
async function clientOf(credentials: ServiceAccount & ExternalAccountClientOptions, options: ClientOptions) {
  const { ExternalAccountClient, JWT } = await import("google-auth-library");
  if (credentials.type === "service_account") {
    const client = new JWT(options);
    client.fromJSON(credentials);
    return client;
  }
  const client = ExternalAccountClient.fromJSON({ ...credentials, ...options });
  if (client) return client;
  throw new Error("Google's credentials are neither of type service_account nor external_account");
}

/** Undefined for what is no JSON: the parser's own words would quote it. */
function parsed(json: string) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The project that a service account belongs to. */
export function projectOf(key: string | undefined): string | undefined {
  const project: unknown = key?.startsWith("{") ? parsed(key)?.project_id : undefined;
  return typeof project === "string" ? project : undefined;
}
