import type { Model } from "./catalog.ts";
import { type InputParts, inputBoundTokens, inputEstimateTokens, mayHoldAudio } from "./input-bound.ts";
import { maxOf, minOf, type PicoUsd } from "./money.ts";
import { type DearestPrices, dearestPrices } from "./prices.ts";

/** What a request may cost at most, and how far that may shrink to what the balance affords. */
export interface Quote {
  readonly prices: DearestPrices;
  readonly inputBoundTokens: number;
  /** Tighter than the bound; used only when the bound is not affordable. */
  readonly inputEstimateTokens: number;
  /** Output tokens a choice may have at most: what the client asked for, or all the model can give. */
  readonly outputCapTokens: number;
  /** The client named the cap, so it is never made smaller. */
  readonly capIsExplicit: boolean;
  readonly choices: number;
}

/** A hold to try: its amount, the cap it pays for, and what must be there for it to be taken. */
export interface Offer {
  readonly amountPicoUsd: PicoUsd;
  readonly outputCapTokens: number;
  /** HOLD's condition is `available >= requiredPicoUsd`; twice the amount where half must be left for others. */
  readonly requiredPicoUsd: PicoUsd;
}

export interface QuoteRequest extends InputParts {
  readonly requestedOutputTokens?: number | undefined;
  readonly choices: number;
  readonly audioOutput: boolean;
  /** It may ask the provider to keep its prompt for an hour, which costs more than five minutes. */
  readonly cacheWrite1h: boolean;
}

export function quote(request: QuoteRequest, model: Model): Quote {
  const bound = inputBoundTokens(request, model);
  const estimate = inputEstimateTokens(request, model);
  // An estimate that fills the window tells nothing of the room: media that nobody can size is in it, or a text that
  // the provider will refuse. It must not become an answer of one token.
  const room = estimate < model.contextWindow ? model.contextWindow - estimate : model.contextWindow;
  const requested = request.requestedOutputTokens;
  return {
    prices: dearestPrices(model.prices, bound, {
      audioInput: mayHoldAudio(request),
      audioOutput: request.audioOutput,
      imageOutput: model.outputModalities.includes("image"),
      cacheWrite1h: request.cacheWrite1h,
    }),
    inputBoundTokens: bound,
    inputEstimateTokens: estimate,
    // The room left in the context window shrinks only a cap of ours: an estimate must not cut what a client asked for.
    outputCapTokens: Math.min(requested ?? room, model.maxOutputTokens),
    capIsExplicit: requested !== undefined,
    choices: request.choices,
  };
}

/** A quote that covers each of these: whichever route answers, what it may cost is there. */
export function dearestOf(quotes: readonly [Quote, ...Quote[]]): Quote {
  const [first, ...others] = quotes;
  if (others.length === 0) return first;
  const largest = (count: (quoted: Quote) => number) => Math.max(...quotes.map(count));
  return {
    ...first,
    prices: {
      input: maxOf(0n, ...quotes.map(({ prices }) => prices.input)),
      output: maxOf(0n, ...quotes.map(({ prices }) => prices.output)),
    },
    inputBoundTokens: largest((quoted) => quoted.inputBoundTokens),
    inputEstimateTokens: largest((quoted) => quoted.inputEstimateTokens),
    outputCapTokens: largest((quoted) => quoted.outputCapTokens),
  };
}

function amountFor(quoted: Quote, inputTokens: number, outputCapTokens: number): PicoUsd {
  return (
    quoted.prices.input * BigInt(inputTokens) +
    quoted.prices.output * BigInt(outputCapTokens) * BigInt(quoted.choices)
  );
}

/** The hold that covers the worst case. Without an explicit cap it must leave as much again for the next request. */
export function firstOffer(quoted: Quote): Offer {
  const amountPicoUsd = amountFor(quoted, quoted.inputBoundTokens, quoted.outputCapTokens);
  return {
    amountPicoUsd,
    outputCapTokens: quoted.outputCapTokens,
    requiredPicoUsd: quoted.capIsExplicit ? amountPicoUsd : 2n * amountPicoUsd,
  };
}

const FLOOR_TOKENS = 4096;

/**
 * The hold to try when the first was refused and only `spendablePicoUsd` is there; undefined when nothing useful
 * is affordable. An explicit cap is kept and only the input is estimated more tightly. Without one, the hold takes
 * half of what is there, but at least 4,096 tokens' worth if that much is there, and the cap shrinks to match.
 */
export function affordableOffer(quoted: Quote, spendablePicoUsd: PicoUsd): Offer | undefined {
  for (const inputTokens of [quoted.inputBoundTokens, quoted.inputEstimateTokens]) {
    const cap = quoted.capIsExplicit
      ? quoted.outputCapTokens
      : affordableCap(quoted, inputTokens, shareOf(quoted, inputTokens, spendablePicoUsd));
    const amountPicoUsd = amountFor(quoted, inputTokens, cap);
    if (cap >= 1 && amountPicoUsd <= spendablePicoUsd) {
      return { amountPicoUsd, outputCapTokens: cap, requiredPicoUsd: amountPicoUsd };
    }
  }
  return undefined;
}

function shareOf(quoted: Quote, inputTokens: number, spendablePicoUsd: PicoUsd): PicoUsd {
  const floor = amountFor(quoted, inputTokens, Math.min(FLOOR_TOKENS, quoted.outputCapTokens));
  return maxOf(spendablePicoUsd / 2n, minOf(spendablePicoUsd, floor));
}

function affordableCap(quoted: Quote, inputTokens: number, budgetPicoUsd: PicoUsd): number {
  const left = budgetPicoUsd - quoted.prices.input * BigInt(inputTokens);
  const costOfOneToken = quoted.prices.output * BigInt(quoted.choices);
  if (left < 0n) return 0;
  if (costOfOneToken === 0n) return quoted.outputCapTokens;
  return Number(minOf(left / costOfOneToken, BigInt(quoted.outputCapTokens)));
}

/** For the message of a 402: the least this request needs, and the cap that would be affordable now. */
export function shortfall(quoted: Quote, spendablePicoUsd: PicoUsd) {
  return {
    requiredPicoUsd: amountFor(
      quoted,
      quoted.inputEstimateTokens,
      quoted.capIsExplicit ? quoted.outputCapTokens : 1,
    ),
    affordableOutputTokens: affordableCap(quoted, quoted.inputEstimateTokens, spendablePicoUsd),
  };
}
