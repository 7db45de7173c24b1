import { expect, vi } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import type { SpendLimit } from "../../lambda/core/keys.ts";
import { type PicoUsd, parseUsd } from "../../lambda/core/money.ts";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import type { RateLimit } from "../../lambda/core/rate-limit.ts";
import { type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, type RouterOptions, startRouter } from "../fakes/router.ts";

/** What `test/model` costs, in pico-USD a token. */
export const PRICE = { input: 400_000n, cacheRead: 100_000n, output: 1_600_000n } as const;

/** The whole router over real HTTP, and a scripted provider behind each route of `test/model`: p1, p2, … */
export interface World {
  readonly router: Router;
  /** Behind the first route. */
  readonly provider: ProviderServer;
  readonly providers: readonly ProviderServer[];
  /** A new account with a key of its own, so that tests do not see each other's money. */
  client(options?: ClientOptions): Promise<Client>;
  /** A request's line in the log, once it is written. */
  line(response: Response): Promise<RequestLogLine>;
  /** How many calls have reached a provider. */
  upstreamCalls(): number;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly creditUsd?: string;
  readonly spendLimit?: SpendLimit;
  readonly rateLimit?: RateLimit;
  readonly allowedModels?: readonly string[];
  readonly expiresAt?: string;
}

export interface Client {
  readonly accountId: string;
  readonly key: string;
  readonly keyId: string;
  /** Text and bytes go out as they are, objects as JSON. */
  post(body: object | string, init?: RequestInit): Promise<Response>;
  get(path: string): Promise<Response>;
  /** The entry of a request, once it is settled and drained and nothing is held. */
  ended(request: Response | string): Promise<Entry>;
  /** What open requests hold at this moment. */
  held(): Promise<PicoUsd>;
  /** Fails unless the whole credit is there, nothing is held and nothing was ever charged. */
  expectUntouched(): Promise<void>;
}

export interface WorldOptions extends RouterOptions {
  /** How many scripted providers there are. */
  readonly routes?: number;
  /** More providers and models, for which the scripted providers' addresses must be known. */
  readonly late?: (urls: readonly string[]) => Pick<RouterOptions, "providers" | "models">;
}

export async function openWorld({ routes = 1, late, ...options }: WorldOptions = {}) {
  const providers = await Promise.all(Array.from({ length: routes }, startProviderServer));
  const providerUrls = providers.map(({ baseUrl }) => baseUrl);
  const router = await startRouter({ providerUrls, ...late?.(providerUrls), ...options });
  const [provider] = providers;
  if (!provider) throw new Error("a world has at least one route");
  const world: World = {
    router,
    provider,
    providers,
    client: (wanted) => openClient(router, wanted),
    line: (response) => lineOf(router, requestIdOf(response)),
    upstreamCalls: () => providers.reduce((sum, { calls }) => sum + calls.length, 0),
    async close() {
      // First the providers: what hangs at one of them would keep the router from closing.
      await Promise.all(providers.map((server) => server.close()));
      await router.close();
    },
  };
  return world;
}

async function openClient(router: Router, options: ClientOptions = {}): Promise<Client> {
  const { creditUsd = "25", ...wanted } = options;
  const accountId = await router.newAccount(creditUsd);
  const { key, keyId } = await router.newKey({ accountId, ...wanted });
  const authorization = `Bearer ${key}`;
  return {
    accountId,
    key,
    keyId,
    post: (body, init = {}) =>
      fetch(`${router.baseUrl}/chat/completions`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { authorization, ...init.headers },
      }),
    get: (path) => fetch(router.baseUrl + path, { headers: { authorization } }),
    ended: (request) => entryOf(router, accountId, request),
    async held() {
      const account = await router.ledger.account(accountId);
      return account ? account.postedPicoUsd - account.availablePicoUsd : 0n;
    },
    async expectUntouched() {
      const account = await router.ledger.account(accountId);
      expect(account).toMatchObject({
        availablePicoUsd: parseUsd(creditUsd),
        postedPicoUsd: parseUsd(creditUsd),
        sequence: parseUsd(creditUsd) > 0n ? 1 : 0,
      });
      expect(account?.holds.size).toBe(0);
    },
  };
}

async function entryOf(router: Router, accountId: string, request: Response | string): Promise<Entry> {
  const requestId = typeof request === "string" ? request : requestIdOf(request);
  return await vi.waitFor(
    async () => {
      const entry = await router.ledger.entry(accountId, requestId);
      const account = await router.ledger.account(accountId);
      if (!entry || !account) throw new Error(`${requestId} has no entry`);
      expect([account.holds.size, account.outbox.size]).toEqual([0, 0]);
      expect(account.availablePicoUsd).toBe(account.postedPicoUsd);
      return entry;
    },
    { timeout: 20_000, interval: 10 },
  );
}

async function lineOf({ lines }: Router, requestId: string): Promise<RequestLogLine> {
  return await vi.waitFor(() => {
    const line = lines.find((written) => written.requestId === requestId);
    if (!line) throw new Error(`${requestId} has no line in the log`);
    return line;
  });
}

export function requestIdOf(response: Response): string {
  return response.headers.get("x-request-id") ?? "";
}

export interface ExpectedError {
  readonly status: number;
  readonly code: string | null;
  readonly type?: string;
  readonly param?: string | null;
}

/** Checks the envelope, all of it, and returns the message. */
export async function expectError(response: Response, expected: ExpectedError): Promise<string> {
  const body: { error?: { message?: unknown } } = JSON.parse(await response.text());
  const message = String(body.error?.message);
  expect({ status: response.status, ...body }).toEqual({
    status: expected.status,
    error: {
      message: expect.stringMatching(/\S/),
      type: expected.type ?? expect.stringMatching(/^\w+$/),
      param: expected.param ?? null,
      code: expected.code,
      request_id: requestIdOf(response),
    },
  });
  expect(requestIdOf(response)).toMatch(/^req_[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(response.headers.get("content-type")).toBe("application/json");
  return message;
}
