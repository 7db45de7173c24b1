const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];

/** The header that says who calls. */
export type Credentials = (key: string) => Promise<Record<string, string>>;

/**
 * What an operator may keep where a key belongs: an API key (AI Studio, Vertex express mode), an access token, which ends
 * after an hour, or Google's credentials in JSON: a service account's key, or a workload identity federation. For those
 * Google's own library gets tokens and keeps them until they end; it is loaded when the first is needed.
 */
export function createCredentials(): Credentials {
  const tokens = new Map<string, () => Promise<string>>();
  return async (key) => {
    if (key.startsWith("ya29.")) return bearer(key);
    if (!key.startsWith("{")) return { "x-goog-api-key": key };
    const token = tokens.get(key) ?? (await tokenSource(key));
    tokens.set(key, token);
    return bearer(await token());
  };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function tokenSource(credentialsJson: string): Promise<() => Promise<string>> {
  const { GoogleAuth } = await import("google-auth-library");
  const auth = new GoogleAuth({ credentials: JSON.parse(credentialsJson), scopes: SCOPES });
  return async () => {
    const token = await auth.getAccessToken();
    if (!token) throw new Error("Google's credentials gave no access token");
    return token;
  };
}

/** The project that a service account belongs to. */
export function projectOf(key: string | undefined): string | undefined {
  const project: unknown = key?.startsWith("{") ? JSON.parse(key).project_id : undefined;
  return typeof project === "string" ? project : undefined;
}
