/** A chat completion request in types: what every translator starts from. Read by `read-chat.ts`. */

export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h" | undefined;
}

interface Part {
  /** The prompt up to here, this part included, is to be cached. */
  readonly cacheControl?: CacheControl | undefined;
}

export interface TextPart extends Part {
  readonly type: "text";
  /** Never empty: some providers refuse that. */
  readonly text: string;
}

/** Inline, as base64, or somewhere that only the provider may fetch it from. */
export type Source =
  | { readonly kind: "data"; readonly mediaType: string; readonly base64: string }
  | { readonly kind: "url"; readonly url: string };

export interface ImagePart extends Part {
  readonly type: "image";
  readonly source: Source;
  /** Its place in the request, for errors. */
  readonly param: string;
}

export interface FilePart extends Part {
  readonly type: "file";
  readonly source: Source;
  readonly name: string | undefined;
  readonly param: string;
}

export interface AudioPart extends Part {
  readonly type: "audio";
  /** `wav`, `mp3`, … */
  readonly format: string;
  readonly base64: string;
  readonly param: string;
}

export interface ToolResultPart extends Part {
  readonly type: "tool_result";
  readonly callId: string;
  /** Of the function, found by the call's id. */
  readonly name: string | undefined;
  readonly content: readonly (TextPart | ImagePart)[];
}

/** A piece of reasoning that came with an earlier answer, in the form that OpenRouter's users know. */
export interface ReasoningDetail {
  readonly type: "reasoning.text" | "reasoning.encrypted" | "reasoning.summary";
  readonly text?: string | undefined;
  readonly summary?: string | undefined;
  readonly data?: string | undefined;
  readonly signature?: string | undefined;
  /** Of the tool call that it belongs to, where a provider signs calls. */
  readonly id?: string | undefined;
  /** Whose it is: `anthropic-claude-v1`. Nobody else can read its signature. */
  readonly format?: string | undefined;
  readonly index?: number | undefined;
}

export interface ReasoningPart extends Part {
  readonly type: "reasoning";
  readonly detail: ReasoningDetail;
}

export interface ToolCallPart extends Part {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Google's, of the thought that led to the call. */
  readonly signature?: string | undefined;
}

export type UserPart = TextPart | ImagePart | FilePart | AudioPart | ToolResultPart;
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;

/** Neighbouring messages of one side are one turn: tool results, and the user's next words, answer together. */
export type Turn =
  | { readonly role: "user"; readonly parts: readonly UserPart[] }
  | { readonly role: "assistant"; readonly parts: readonly AssistantPart[] };

export interface ToolSpec {
  readonly name: string;
  readonly description: string | undefined;
  /** A JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly strict: boolean | undefined;
  readonly cacheControl?: CacheControl | undefined;
}

export interface ToolChoice {
  readonly mode: "none" | "auto" | "required";
  /** The only tools that may be called; undefined: all. */
  readonly only?: readonly string[] | undefined;
}

export type AnswerFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "schema";
      readonly name: string;
      readonly description: string | undefined;
      readonly schema: Readonly<Record<string, unknown>>;
    };

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** How much the client wants the model to think. */
export interface ReasoningWish {
  /** The field that says so, for errors. */
  readonly param: "reasoning_effort" | "reasoning" | "thinking";
  readonly effort: Effort | undefined;
  readonly budgetTokens: number | undefined;
  /** Think, but keep it out of the answer. */
  readonly isHidden: boolean;
}

export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly seed?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
}

export interface Chat {
  /** System and developer messages, wherever they stood: providers of this kind have one place for them. */
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolSpec[];
  readonly toolChoice: ToolChoice | undefined;
  /** False: at most one call in an answer. */
  readonly parallelToolCalls: boolean;
  readonly answerFormat: AnswerFormat;
  readonly reasoning: ReasoningWish | undefined;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  readonly choices: number;
  /** How many alternatives for each token, for who asked for log probabilities at all. */
  readonly topLogprobs: number | undefined;
  /** The client's own id of its user. */
  readonly user: string | undefined;
  readonly cacheControl: CacheControl | undefined;
}
