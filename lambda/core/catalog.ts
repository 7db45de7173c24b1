import { parseUsdPerMillion } from "./money.ts";
import type { Prices, TokenPrices } from "./prices.ts";
import type { RoutePreference } from "./route-preference.ts";
import type { Timeouts } from "./upstream/upstream.ts";

/** What `lib/config.ts` compiles the configuration into: plain JSON inside the function's bundle. */
export interface CatalogFile {
  /** First 8 hex digits of the SHA-256 of the content; pinned into every hold and entry. */
  readonly version: string;
  readonly billing: Billing;
  readonly cors: { readonly origins: readonly string[] };
  readonly routing: RoutingSettings;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly models: readonly ModelFile[];
}

export interface Billing {
  readonly minimumTopUpUsd: string;
  /** Of one top-up, before its fee. */
  readonly maximumTopUpUsd: string;
  readonly serviceFeePercent: string;
  /** The most that any account may have made automatically in a day. */
  readonly autoTopUpsPerDay: number;
}

/** What every kind of provider has. */
interface CommonSettings {
  /** The variable that holds its key; absent where none is needed. */
  readonly apiKeyEnv?: string | undefined;
  readonly timeouts: Timeouts;
}

export interface OpenAiCompatibleSettings extends CommonSettings {
  readonly kind: "openai-compatible";
  readonly baseUrl: string;
  /** Behind the base URL; `{model}` stands for the route's model. */
  readonly chatPath: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly apiKeyHeader: string;
  readonly outputCapParameter: "max_completion_tokens" | "max_tokens";
  readonly streamUsage: "request" | "always";
  /** Where an earlier answer's thoughts go back to. */
  readonly reasoningIn: "field" | "content";
  /** Sent where the client named no tier, so that a provider's default cannot change the price. */
  readonly serviceTier?: string | undefined;
}

/** Anthropic's Messages API, at Anthropic or on Amazon Bedrock's `/anthropic` path. */
export interface AnthropicSettings extends CommonSettings {
  readonly kind: "anthropic";
  /** Absent: Anthropic's own, or Bedrock's in the region. */
  readonly baseUrl?: string | undefined;
  /** Claude on Bedrock, signed with the function's role. */
  readonly bedrock?:
    | {
        /** Absent: the function's own. */
        readonly region?: string | undefined;
        readonly endpoint?: "runtime" | "mantle" | undefined;
      }
    | undefined;
}

/** Amazon Bedrock's Converse API, signed with the function's role unless a key is named. */
export interface BedrockSettings extends CommonSettings {
  readonly kind: "bedrock";
  /** Absent: the function's own. */
  readonly region?: string | undefined;
  /** Absent: Bedrock's in the region. */
  readonly baseUrl?: string | undefined;
}

/** Google's generateContent, at AI Studio or on Vertex AI. */
export interface GeminiSettings extends CommonSettings {
  readonly kind: "gemini";
  /** Absent: Google's own. */
  readonly baseUrl?: string | undefined;
  readonly vertex?:
    | {
        /** Absent: the service account's own. */
        readonly project?: string | undefined;
        readonly location: string;
      }
    | undefined;
}

/** Cohere's own Chat API, version 2. */
export interface CohereSettings extends CommonSettings {
  readonly kind: "cohere";
  /** Absent: Cohere's own. */
  readonly baseUrl?: string | undefined;
}

/** One interface a kind; each is made by the adapter of that name. */
export type ProviderSettings =
  | OpenAiCompatibleSettings
  | AnthropicSettings
  | BedrockSettings
  | GeminiSettings
  | CohereSettings;

export interface RoutingSettings {
  /** Calls to providers that one request may make at most. */
  readonly maxAttempts: number;
  readonly breaker: BreakerSettings;
  /** After so long without an answer a second route is called beside the first. Absent: never. */
  readonly hedging?: { readonly afterMs: number } | undefined;
}

/** When a route that keeps failing is left alone, and for how long. */
export interface BreakerSettings {
  /** false: it is asked every time, whatever it did before and whenever it said to come back. */
  readonly enabled: boolean;
  readonly windowCalls: number;
  readonly minimumCalls: number;
  readonly restMs: number;
  readonly longestRestMs: number;
}

export type Modality = "text" | "image" | "audio" | "file";

interface PricesFile {
  readonly inputUsdPerMillion: string;
  readonly outputUsdPerMillion: string;
  readonly cacheReadUsdPerMillion: string;
  readonly cacheWriteUsdPerMillion: string;
  readonly cacheWrite1hUsdPerMillion: string;
  readonly reasoningUsdPerMillion: string;
  readonly audioInputUsdPerMillion: string;
  readonly audioCacheReadUsdPerMillion: string;
  readonly audioOutputUsdPerMillion: string;
  readonly imageOutputUsdPerMillion: string;
}

interface TieredPricesFile extends PricesFile {
  readonly tiers: readonly (PricesFile & { readonly aboveInputTokens: number })[];
}

interface ModelLimits {
  readonly id: string;
  readonly ownedBy: string;
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** The model's published maximum for one image; absent: an image may fill the context window. */
  readonly maxImageTokens?: number | undefined;
  readonly createdAt?: string | undefined;
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  /** Preferences by name: `model:name` asks for one. */
  readonly variants?: Readonly<Record<string, RoutePreference>> | undefined;
}

interface ModelFile extends ModelLimits {
  readonly prices: TieredPricesFile;
  readonly routes: readonly {
    readonly provider: string;
    readonly model: string;
    readonly costs: TieredPricesFile;
    readonly prices?: TieredPricesFile | undefined;
    readonly weight?: number | undefined;
  }[];
}

/** Who runs a model, under which name there, and what that costs the operator. */
export interface Route {
  readonly provider: string;
  readonly model: string;
  readonly costs: Prices;
  /** What the customer pays where this route answers: the model's prices, unless it has its own. */
  readonly prices: Prices;
  /** Its share of the requests, where routes have one. */
  readonly weight?: number | undefined;
}

export interface Model extends ModelLimits {
  readonly prices: Prices;
  readonly routes: readonly Route[];
}

export interface Catalog {
  readonly version: string;
  readonly billing: Billing;
  readonly corsOrigins: readonly string[];
  readonly routing: RoutingSettings;
  readonly providers: ReadonlyMap<string, ProviderSettings>;
  readonly models: ReadonlyMap<string, Model>;
}

export function loadCatalog(file: CatalogFile): Catalog {
  return {
    version: file.version,
    billing: file.billing,
    corsOrigins: file.cors.origins,
    routing: file.routing,
    providers: new Map(Object.entries(file.providers)),
    models: new Map(file.models.map((model) => [model.id, loadModel(model)])),
  };
}

function loadModel(file: ModelFile): Model {
  const prices = loadPrices(file.prices);
  return {
    ...file,
    prices,
    routes: file.routes.map((route) => ({
      ...route,
      costs: loadPrices(route.costs),
      prices: route.prices ? loadPrices(route.prices) : prices,
    })),
  };
}

function loadPrices(file: TieredPricesFile): Prices {
  return {
    ...loadTokenPrices(file),
    tiers: file.tiers.map((tier) => ({
      ...loadTokenPrices(tier),
      aboveInputTokens: tier.aboveInputTokens,
    })),
  };
}

function loadTokenPrices(file: PricesFile): TokenPrices {
  return {
    input: parseUsdPerMillion(file.inputUsdPerMillion),
    output: parseUsdPerMillion(file.outputUsdPerMillion),
    cacheRead: parseUsdPerMillion(file.cacheReadUsdPerMillion),
    cacheWrite: parseUsdPerMillion(file.cacheWriteUsdPerMillion),
    cacheWrite1h: parseUsdPerMillion(file.cacheWrite1hUsdPerMillion),
    reasoning: parseUsdPerMillion(file.reasoningUsdPerMillion),
    audioInput: parseUsdPerMillion(file.audioInputUsdPerMillion),
    audioCacheRead: parseUsdPerMillion(file.audioCacheReadUsdPerMillion),
    audioOutput: parseUsdPerMillion(file.audioOutputUsdPerMillion),
    imageOutput: parseUsdPerMillion(file.imageOutputUsdPerMillion),
  };
}
