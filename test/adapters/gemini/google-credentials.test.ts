/** Google's credentials against a token endpoint on this machine that checks what Google's own would. */
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createCredentials, projectOf } from "../../../lambda/adapters/gemini/google-credentials.ts";

const ACCOUNT = "gateway@my-project.iam.gserviceaccount.com";
const AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";
const HOUR_S = 3_600;

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** What arrived at the token endpoint, and what it is to do. */
interface Endpoint {
  readonly origin: string;
  readonly grants: URLSearchParams[];
  behave: "give" | "refuse" | "hang";
  close(): void;
}

let keys: Keys;
let otherKeys: Keys;
let endpoint: Endpoint;
beforeAll(async () => {
  [keys, otherKeys] = await Promise.all([
    generateKeyPair("RS256", { extractable: true }),
    generateKeyPair("RS256", { extractable: true }),
  ]);
});
beforeEach(async () => {
  endpoint = await startEndpoint();
});
afterEach(() => {
  vi.useRealTimers();
  endpoint.close();
});

async function startEndpoint(): Promise<Endpoint> {
  const grants: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const grant = new URLSearchParams(Buffer.concat(pieces).toString());
    grants.push(grant);
    if (endpoint.behave === "hang") return;
    const problem = endpoint.behave === "refuse" ? "invalid_grant" : await problemOf(grant);
    response.writeHead(problem === undefined ? 200 : 400, { "content-type": "application/json" });
    const token = { access_token: `ya29.token-${grants.length}`, expires_in: HOUR_S, token_type: "Bearer" };
    response.end(
      JSON.stringify(problem === undefined ? { ...token, issued_token_type: ISSUED } : { error: problem }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    grants,
    behave: "give",
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const ISSUED = "urn:ietf:params:oauth:token-type:access_token";

/** As in RFC 7523, and in Google's page on service accounts; RFC 8693 for federations. */
async function problemOf(grant: URLSearchParams): Promise<string | undefined> {
  if (grant.get("grant_type") === "urn:ietf:params:oauth:grant-type:token-exchange") {
    const isKnown = grant.get("subject_token") === "token of the pool" && grant.get("audience") === AUDIENCE;
    return isKnown ? undefined : "invalid_request";
  }
  if (grant.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
    return "unsupported_grant_type";
  try {
    const { payload } = await jwtVerify(grant.get("assertion") ?? "", keys.publicKey, {
      issuer: ACCOUNT,
      audience: "https://oauth2.googleapis.com/token",
      maxTokenAge: HOUR_S,
      currentDate: new Date(),
      requiredClaims: ["exp", "iat"],
    });
    return payload["scope"] === "https://www.googleapis.com/auth/cloud-platform"
      ? undefined
      : "invalid_scope";
  } catch {
    return "invalid_grant";
  }
}

async function serviceAccount({ privateKey }: Keys = keys): Promise<string> {
  return JSON.stringify({
    type: "service_account",
    project_id: "my-project",
    private_key_id: "1",
    private_key: await exportPKCS8(privateKey),
    client_email: ACCOUNT,
  });
}

/** Google's host is written into its library: here it is found on this machine. */
const atEndpoint: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.origin !== "https://oauth2.googleapis.com" && url.origin !== endpoint.origin)
    throw new Error(`nobody is to be asked at ${url.origin}`);
  return fetch(new URL(url.pathname, endpoint.origin), init);
};
const credentialsHere = (timeoutMs?: number) =>
  createCredentials({ fetchImplementation: atEndpoint, ...(timeoutMs !== undefined && { timeoutMs }) });

describe("what stands where a key belongs", () => {
  test("is sent as a key, or as a token if it looks like one, and nobody is asked", async () => {
    const credentials = credentialsHere();
    expect(await credentials("AIza-key")).toEqual({ "x-goog-api-key": "AIza-key" });
    expect(await credentials("ya29.token")).toEqual({ authorization: "Bearer ya29.token" });
    expect(endpoint.grants).toEqual([]);
  });

  test("names its project if it is a service account", async () => {
    expect(projectOf(await serviceAccount())).toBe("my-project");
    expect(projectOf("AIza-key")).toBeUndefined();
    expect(projectOf('{"project_id":')).toBeUndefined();
    expect(projectOf(undefined)).toBeUndefined();
  });

  test("that is broken JSON is refused without being quoted", async () => {
    const refusal = await credentialsHere()('{"private_key":"-----BEGIN').catch((error: unknown) => error);
    expect(String(refusal)).toContain("not whole");
    expect(String(refusal)).not.toContain("BEGIN");
  });
});

describe("a service account", () => {
  test("signs for a token, once for all that come at the same time and for as long as it is good", async () => {
    const credentials = credentialsHere();
    const key = await serviceAccount();
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials(key)));
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer ya29.token-1"]));
    await credentials(key);
    expect(endpoint.grants).toHaveLength(1);
  });

  test("signs for another before the first ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const credentials = credentialsHere();
    const key = await serviceAccount();
    await credentials(key);
    vi.setSystemTime(Date.now() + (HOUR_S - 301) * 1_000);
    expect(await credentials(key)).toEqual({ authorization: "Bearer ya29.token-1" });
    vi.setSystemTime(Date.now() + 2_000);
    expect(await credentials(key)).toEqual({ authorization: "Bearer ya29.token-2" });
  });

  test("whose key is another's is refused, and asked for again by the next request", async () => {
    const credentials = credentialsHere();
    const stranger = await serviceAccount(otherKeys);
    await expect(credentials(stranger)).rejects.toThrow("invalid_grant");
    await expect(credentials(stranger)).rejects.toThrow("invalid_grant");
    expect(endpoint.grants).toHaveLength(2);
    expect(await credentials(await serviceAccount())).toEqual({ authorization: "Bearer ya29.token-3" });
  });

  test("is not waited for when Google does not answer, and works again when it does", async () => {
    const credentials = credentialsHere(20);
    endpoint.behave = "hang";
    const key = await serviceAccount();
    await expect(credentials(key)).rejects.toThrow();
    endpoint.behave = "give";
    expect((await credentials(key))["authorization"]).toMatch(/^Bearer ya29\./);
  });
});

describe("a workload identity federation", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "wlrouter-federation-"));
    writeFileSync(path.join(folder, "token"), "token of the pool");
  });
  afterAll(() => vi.useRealTimers());

  test("exchanges its own token for one of Google's", async () => {
    const key = JSON.stringify({
      type: "external_account",
      audience: AUDIENCE,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${endpoint.origin}/v1/token`,
      credential_source: { file: path.join(folder, "token") },
    });
    const credentials = credentialsHere();
    const all = await Promise.all([credentials(key), credentials(key)]);
    expect(all).toEqual([{ authorization: "Bearer ya29.token-1" }, { authorization: "Bearer ya29.token-1" }]);
    expect(endpoint.grants).toHaveLength(1);
  });
});
