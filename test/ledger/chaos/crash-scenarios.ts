import type { SpendLimit } from "../../../lambda/core/keys.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
import type { RequestPlan, Script, ScriptKind } from "./request-plan.ts";

/** A request, or the same one twice, that goes well when nobody interrupts it. */
export interface CrashScenario {
  readonly name: string;
  readonly balancePicoUsd: PicoUsd;
  readonly limit?: SpendLimit;
  readonly plan: Omit<RequestPlan, "number" | "group">;
  readonly withoutProviderKey?: boolean;
  /** How often it is sent with one `Idempotency-Key`, and which time is interrupted. */
  readonly sent?: { readonly times: number; readonly interrupted: number };
}

const RICH = 100_000_000_000n;
/** A little more than the hold, so that an overrun is not covered. */
const POOR = 900_000_000n;
const LIMIT: SpendLimit = { amountPicoUsd: 5_000_000_000n, period: "month" };

function script(kind: ScriptKind): Script {
  const inputTokens = kind === "overrun" ? 9_000 : 20;
  return { kind, inputTokens, cacheReadTokens: 5, outputShare: 0.5, turns: 0, pieces: 2 };
}

function planOf(stream: boolean, first: ScriptKind, second: ScriptKind = "whole"): CrashScenario["plan"] {
  return {
    isIdempotent: false,
    account: 0,
    key: 0,
    stream,
    includeUsage: true,
    outputCapTokens: 100,
    choices: 1,
    prompt: "Tell me.",
    scripts: [script(first), script(second)],
    leavesEarly: false,
  };
}

function scenariosFor(stream: boolean): CrashScenario[] {
  const way = stream ? "stream" : "JSON";
  const withPlan = (
    name: string,
    plan: CrashScenario["plan"],
    more: Partial<CrashScenario> = {},
  ): CrashScenario => ({ name: `${way}, ${name}`, balancePicoUsd: RICH, plan, ...more });
  const whole = planOf(stream, "whole");
  const twice = { ...whole, isIdempotent: true };
  return [
    withPlan("answered", whole),
    withPlan("answered without usage", planOf(stream, "uncounted")),
    withPlan(
      "no cap given, the balance affords part",
      { ...whole, outputCapTokens: undefined },
      { balancePicoUsd: POOR },
    ),
    withPlan("an overrun that the balance covers", planOf(stream, "overrun")),
    withPlan("an overrun that it does not cover", planOf(stream, "overrun"), { balancePicoUsd: POOR }),
    withPlan("failover", planOf(stream, "unavailable")),
    withPlan("failover after an answer began", planOf(stream, "dies")),
    withPlan("every route failed", planOf(stream, "unavailable", "unavailable")),
    withPlan("a 4xx of the provider", planOf(stream, "rejects")),
    withPlan("broken off", planOf(stream, "breaks")),
    withPlan("a silent provider", planOf(stream, "silent")),
    withPlan("a key with a limit", whole, { limit: LIMIT }),
    withPlan("an overrun of a key with a limit", planOf(stream, "overrun"), { limit: LIMIT }),
    withPlan("no provider key", whole, { withoutProviderKey: true, limit: LIMIT }),
    withPlan("sent twice, the first interrupted", twice, { sent: { times: 2, interrupted: 1 } }),
    withPlan("sent twice, the second interrupted", twice, { sent: { times: 2, interrupted: 2 } }),
  ];
}

export const CRASH_SCENARIOS: readonly CrashScenario[] = [...scenariosFor(false), ...scenariosFor(true)];
