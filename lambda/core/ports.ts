/** What the rooms need from the outside. Adapters implement these; nothing here knows AWS or HTTP. */
import type { ChargeFacts, Entry, EntryType } from "./charge.ts";
import type { BusEvent } from "./events.ts";
import type { Hold } from "./hold.ts";
import type { ApiKey } from "./keys.ts";
import type { PicoUsd } from "./money.ts";
import type { RateCheck, RateUse } from "./rate-limit.ts";
import type { TriedRoute } from "./tried-routes.ts";
import type { Connect } from "./upstream/upstream.ts";
import type { Usage } from "./usage.ts";

// --- the ledger -----------------------------------------------------------------------------------------------

export type AccountStatus = "active" | "suspended";

export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly status: AccountStatus;
  readonly availablePicoUsd: PicoUsd;
  readonly postedPicoUsd: PicoUsd;
  readonly writeOffPicoUsd: PicoUsd;
  readonly sequence: number;
  /** Open holds by request id, decoded; the stored string is what conditions name. */
  readonly holds: ReadonlyMap<string, string>;
  readonly outbox: ReadonlyMap<string, Entry>;
  readonly revokedKeys: ReadonlySet<string>;
  readonly keySpendPicoUsd: ReadonlyMap<string, PicoUsd>;
  /** Counters of rate-limited keys, by name (see rate-limit.ts). */
  readonly rates: ReadonlyMap<string, number>;
  readonly createdAt: string;
}

export interface HoldRequest {
  readonly accountId: string;
  readonly requestId: string;
  /** All but the attempt, which the ledger writes: each try its own. */
  readonly hold: Omit<Hold, "attempt">;
  /** Random for each request that is served: a stored hold whose attempt begins with it is ours. Absent: this call's own. */
  readonly nonce?: string | undefined;
  /** Of the body, for a request id that the client chose. */
  readonly fingerprint?: string | undefined;
  /** `available` must be at least this; never less than the amount. */
  readonly requiredPicoUsd: PicoUsd;
  readonly keyLimitPicoUsd?: PicoUsd | undefined;
  readonly rate?: RateCheck | undefined;
}

export type HoldRefusal =
  | "insufficient_balance"
  | "key_limit"
  | "suspended"
  | "key_revoked"
  | "too_many_open"
  | "rate_limited"
  | "already_known"
  | "no_account";

export type HoldAnswer =
  | { readonly held: true; readonly open: OpenHold; readonly rateUse?: RateUse | undefined }
  | { readonly held: false; readonly refusal: HoldRefusal; readonly account: Account | undefined };

/** A hold as it stands in the account item. */
export interface OpenHold {
  readonly accountId: string;
  readonly requestId: string;
  readonly hold: Hold;
  /** The stored string, named by every later condition. */
  readonly text: string;
}

export interface Settled {
  /** Undefined only where the hold was gone, no entry told of it and nothing was owed. */
  readonly entry: Entry | undefined;
  /** The hold had expired: what was owed was posted as a late charge. */
  readonly late: boolean;
}

export interface Credit {
  readonly accountId: string;
  /** The entry's id: `topup_<payment id>`, `adj_…`, `late_<request id>`. The same id is credited once, forever. */
  readonly creditId: string;
  readonly type: Exclude<EntryType, "charge">;
  readonly amountPicoUsd: PicoUsd;
  /** Written down with it; moves nothing. */
  readonly feePicoUsd?: PicoUsd | undefined;
  readonly createdAt: string;
  readonly reason?: string | undefined;
  readonly charge?: ChargeFacts | undefined;
  /** A late charge counts against its key's period. */
  readonly keyPeriod?: string | undefined;
}

/** Exact money under concurrency, lost answers and crashes: design section 3 names each operation. */
export interface Ledger {
  hold(request: HoldRequest): Promise<HoldAnswer>;
  /** Charges `costPicoUsd` (which may exceed the hold) and ends the hold. Doing it twice is a success. */
  settle(open: OpenHold, costPicoUsd: PicoUsd, facts: ChargeFacts): Promise<Settled>;
  /** Gives the hold back whole. Only for a request that was never dispatched. */
  release(open: OpenHold): Promise<void>;
  /** Ends a hold past its expiry: at zero, or given back when the request's entry exists. Doing it twice is a success. */
  expire(open: OpenHold, facts: ChargeFacts): Promise<"given_back" | "expired">;
  /** Moves a settled record from the account item to the ledger. Doing it twice is a success. */
  drain(entry: Entry): Promise<void>;
  /** Applies a credit once, forever, and drains it. @returns the entry, whether new or found. */
  credit(credit: Credit): Promise<Entry>;
  /** Forgets counters of minutes that are over. */
  clearRates(accountId: string, names: readonly string[]): Promise<void>;
  account(accountId: string): Promise<Account | undefined>;
  entry(accountId: string, entryId: string): Promise<Entry | undefined>;
}

/** A SETTLE that the ledger could not take. Whoever applies it later, however often, charges once. */
export interface OwedSettle {
  readonly open: OpenHold;
  readonly costPicoUsd: PicoUsd;
  readonly facts: ChargeFacts;
}

/** Where a charge waits that the ledger could not take; `ledger/settle` applies it later. */
export interface OwedSettles {
  /** @throws Error when it cannot wait there either: then only the log knows of it. */
  put(owed: OwedSettle): Promise<void>;
}

export interface EntriesReader {
  /** The ledger's entries in order of time, both ends (ISO 8601) inclusive; a new one is among them within a second or so. */
  entries(accountId: string, range: { from: string; to: string }): AsyncIterable<Entry>;
}

/** The entries of an account whose ids begin alike, in order of id, read consistently; one in an outbox is not among them. */
export interface NamedEntries {
  entriesNamed(accountId: string, prefix: string): AsyncIterable<Entry>;
}

export interface KeyFinder {
  findByHash(keyHash: string): Promise<ApiKey | undefined>;
}

// --- providers ------------------------------------------------------------------------------------------------

/** A chat completion on its way to one provider. */
export interface ProviderRequest {
  /** The provider's own name for the model. */
  readonly model: string;
  /** The client's JSON, byte for byte. */
  readonly body: Uint8Array;
  /** The same, parsed. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The provider must enforce this bound even if we die. */
  readonly outputCapTokens: number;
  readonly stream: boolean;
  readonly signal: AbortSignal;
  /** The client's trace, to be passed on. */
  readonly traceHeaders?: Readonly<Record<string, string>> | undefined;
}

/** What an answer's usage says; undefined where the provider said nothing that can be read. */
export type ReportedUsage = Usage | undefined;

export type StreamPart =
  /** Whole SSE events in OpenAI's form, as they came: forwarded untouched. */
  | { readonly type: "events"; readonly bytes: Uint8Array }
  /** One event that carries usage, parsed: the gateway adds the cost, or hides it from who did not ask. */
  | { readonly type: "usage"; readonly usage: ReportedUsage; readonly chunk: Record<string, unknown> }
  /**
   * Counted so far, for a stream that breaks later: nothing of it is for the client. Until `isFinal` the output is not
   * all there, and an estimate from the text may be larger.
   */
  | { readonly type: "count"; readonly usage: Usage; readonly isFinal: boolean }
  /** The provider said that the answer is complete (`[DONE]`). A stream that ends without it broke. */
  | { readonly type: "done" };

interface AnswerFacts {
  /** Fields of the request that were left out, since the provider cannot express them and the client agreed. */
  readonly dropped?: readonly string[] | undefined;
}

export type ProviderAnswer = AnswerFacts &
  (
    | {
        readonly type: "json";
        readonly body: Uint8Array;
        /** The body, parsed. */
        readonly fields: Readonly<Record<string, unknown>>;
        readonly usage: ReportedUsage;
      }
    | { readonly type: "stream"; readonly parts: AsyncIterable<StreamPart> }
  );

/**
 * One provider, OpenAI's form on the outside.
 * @throws GatewayError: `upstream_rejected` for a 4xx that is the client's (not retryable); `upstream_error`,
 * `rate_limit_exceeded` (retryable: another route may work); `upstream_timeout` when the outcome is unknown.
 * The iteration of `parts` throws the same.
 */
export interface Provider {
  chat(request: ProviderRequest): Promise<ProviderAnswer>;
}

/** Where a provider's key is kept. It is asked at each call, so a freshly filled secret works at once. */
export interface ProviderKey {
  get(): Promise<string | undefined>;
  /** Reads it again, for a provider that has just refused it. */
  refresh(): Promise<string | undefined>;
}

/** Signs requests to AWS with the credentials of whoever runs this: the function's role, or a developer's profile. */
export interface AwsSigner {
  /** Where the function runs. */
  readonly region: string | undefined;
  /** @returns the headers to send with the request, those given among them */
  sign(request: AwsRequest): Promise<Record<string, string>>;
}

export interface AwsRequest {
  readonly service: string;
  readonly region: string;
  /** Of a POST: where it goes, path as it is sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What an adapter makes a provider from. */
export interface ProviderOptions<Settings> {
  readonly settings: Settings;
  readonly apiKey: ProviderKey;
  readonly connect: Connect;
}

/** For those that AWS may run. */
export interface AwsProviderOptions<Settings> extends ProviderOptions<Settings> {
  readonly signer: AwsSigner;
}

export interface Providers {
  /** Undefined when the provider cannot be used: no key is configured for it. */
  get(name: string): Promise<Provider | undefined>;
}

// --- events ---------------------------------------------------------------------------------------------------

export interface EventBus {
  /**
   * Resolves also when some were not taken: `failed` are their indexes in `events`, `cause` is the last one's reason.
   * What failed may still arrive.
   */
  publish(events: readonly BusEvent[]): Promise<{ failed: number[]; cause?: unknown }>;
}

// --- files ----------------------------------------------------------------------------------------------------

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** One bucket. An object is there whole or not at all. */
export interface ObjectStore {
  put(key: string, body: Uint8Array, contentType: string): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** In order of their keys. */
  list(prefix: string): AsyncIterable<StoredObject>;
}

// --- the log --------------------------------------------------------------------------------------------------

/** One line a request, by allow-list: ids, counts, timings, money. Never prompts, keys, headers or messages. */
/** W3C's ids of a trace; the span's are of ours, where it is told to a collector. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId?: string | undefined;
  readonly parentSpanId?: string | undefined;
}

export interface RequestLogLine extends Partial<TraceIds> {
  readonly at: string;
  readonly requestId: string;
  readonly status: number;
  readonly code?: string | undefined;
  readonly accountId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  /** Routes that were called before and gave no answer, with the model's public id. */
  readonly tried?: readonly TriedRoute[] | undefined;
  readonly outcome?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly costUsd?: string | undefined;
  readonly latencyMs: number;
  readonly timeToFirstTokenMs?: number | undefined;
  /** Of the latency, what the router's own steps took: from the request's arrival to its hold, and to settle. */
  readonly overheadMs?: number | undefined;
  /** An error of ours or of the operator's to fix: its class and place, not its text. */
  readonly alarm?: string | undefined;
  /** A charge that is written nowhere else (`encodeOwedSettle`): the audit reads it here. */
  readonly owedSettle?: string | undefined;
}

export interface RequestLog {
  write(line: RequestLogLine): void;
}
