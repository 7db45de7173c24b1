import { GatewayError } from "../../../lambda/core/errors.ts";
import type { Provider, ProviderAnswer, ProviderRequest, StreamPart } from "../../../lambda/core/ports.ts";
import { NO_USAGE, type Usage } from "../../../lambda/core/usage.ts";
import { Invocation } from "./invocation.ts";
import type { RequestPlan, Script } from "./request-plan.ts";

/** What one call of a provider came to, as the provider knows it: what the customer owes follows from it. */
export interface Attempt {
  readonly provider: string;
  /** Which invocation called. */
  readonly invocation: string;
  readonly outputCapTokens: number;
  /** The answer is complete. */
  isAnswered: boolean;
  /** What was reported so far. */
  usage: Usage | undefined;
  /** Characters of output that were sent so far; all ASCII. */
  characters: number;
}

const encoder = new TextEncoder();

/** Providers in this process that do what the request's plan says, and remember what they did. */
export class ProviderStandIn {
  /** By the `user` field of the body, which names the plan. */
  readonly plans = new Map<string, RequestPlan>();
  readonly attempts = new Map<string, Attempt[]>();
  /** A provider named here has no key at the moment. */
  readonly withoutKey = new Set<string>();

  provider(name: "p1" | "p2"): Provider {
    return { chat: (request) => this.#chat(name, request) };
  }

  async #chat(provider: "p1" | "p2", request: ProviderRequest): Promise<ProviderAnswer> {
    const user = String(request.fields["user"]);
    const plan = this.plans.get(user);
    if (!plan) throw new Error(`no plan for ${user}`);
    const script = plan.scripts[provider === "p1" ? 0 : 1];
    const attempt: Attempt = {
      provider,
      invocation: Invocation.current()?.name ?? "",
      outputCapTokens: request.outputCapTokens * plan.choices,
      isAnswered: false,
      usage: undefined,
      characters: 0,
    };
    this.attempts.set(user, [...(this.attempts.get(user) ?? []), attempt]);
    await turns(script.turns);
    request.signal.throwIfAborted();
    failToAnswer(script);
    return plan.stream
      ? { type: "stream", parts: streamParts(script, attempt, request.signal) }
      : jsonAnswer(script, attempt);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function failToAnswer({ kind }: Script): void {
  if (kind === "unavailable") {
    throw new GatewayError("upstream_error", "The provider is not available.", { retryable: true });
  }
  if (kind === "silent") throw new GatewayError("upstream_timeout", "The provider did not answer in time.");
  if (kind === "rejects") {
    const upstream = { status: 422, type: "invalid_request_error", code: "by_plan" };
    throw new GatewayError("upstream_rejected", "The provider says no.", { upstream });
  }
}

function usageOf(script: Script, { outputCapTokens }: Attempt): Usage | undefined {
  const { kind, inputTokens, cacheReadTokens, outputShare } = script;
  if (kind === "uncounted") return undefined;
  const outputTokens =
    kind === "aboveCap" ? outputCapTokens + 1_000 : Math.ceil(outputShare * outputCapTokens);
  const usage = { ...NO_USAGE, inputTokens, cacheReadTokens, outputTokens };
  return kind === "implausible" ? { ...usage, inputTokens: -1 } : usage;
}

const textOf = (script: Script): string => "o".repeat(1 + Math.floor(script.outputShare * 300));

function jsonAnswer(script: Script, attempt: Attempt): ProviderAnswer {
  if (script.kind === "breaks" || script.kind === "dies") {
    throw new GatewayError("upstream_error", "The provider broke off its answer.", { retryable: false });
  }
  const usage = usageOf(script, attempt);
  const content = textOf(script);
  const fields = {
    choices: [{ index: 0, message: { role: "assistant", content } }],
    ...(usage ? { usage: reported(usage) } : {}),
  };
  Object.assign(attempt, { usage, characters: content.length, isAnswered: true });
  return { type: "json", body: encoder.encode(JSON.stringify(fields)), fields, usage };
}

async function* streamParts(
  script: Script,
  attempt: Attempt,
  signal: AbortSignal,
): AsyncIterable<StreamPart> {
  const broken = new GatewayError("upstream_error", "The provider broke off its answer.", {
    retryable: true,
  });
  await turns(script.turns);
  signal.throwIfAborted();
  if (script.kind === "dies") throw broken;
  for (let piece = 0; piece < script.pieces; piece++) {
    const content = textOf(script);
    attempt.characters += content.length;
    yield { type: "events", bytes: event({ choices: [{ index: 0, delta: { content } }] }) };
    await turns(script.turns);
    signal.throwIfAborted();
  }
  if (script.kind === "breaks") throw broken;
  attempt.usage = usageOf(script, attempt);
  if (attempt.usage) {
    const chunk = { choices: [], usage: reported(attempt.usage) };
    yield { type: "usage", usage: attempt.usage, chunk };
    signal.throwIfAborted();
  }
  attempt.isAnswered = true;
  yield { type: "done" };
}

function reported(usage: Usage): object {
  return { prompt_tokens: usage.inputTokens + usage.cacheReadTokens, completion_tokens: usage.outputTokens };
}

function event(chunk: object): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
}
