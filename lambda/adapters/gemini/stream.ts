import { isRecord } from "../../core/is-record.ts";
import type { StreamPart } from "../../core/ports.ts";
import { type Chunks, createChunks } from "../../core/translate/chunks.ts";
import type { JsonEvent } from "../../core/translate/json-events.ts";
import type { StreamTranslator } from "../../core/translate/translate-stream.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import { headOf, isBlocked, unreadableCall } from "./answer.ts";
import type { Json } from "./contents.ts";
import { readFault } from "./fault.ts";
import { finishReason, isUnreadable } from "./finish.ts";
import { PartialArguments } from "./partial-arguments.ts";
import {
  callIdOf,
  candidateOf,
  logprobsOf,
  partsOf,
  signatureDetail,
  textOf,
  textSignature,
  thoughtDetail,
} from "./parts.ts";
import type { GeminiRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

/**
 * streamGenerateContent's events: each is an answer of its own, with the parts that are new. The last has the reason why
 * it ended, and all counts.
 */
export class GeminiStream implements StreamTranslator<JsonEvent> {
  readonly #sent: GeminiRequest;
  readonly #nowMs: number;
  #chunks: Chunks | undefined;
  #callCount = 0;
  #hasOutput = false;
  /** The arguments that are being streamed, of the last call. */
  #partial: PartialArguments | undefined;

  constructor(sent: GeminiRequest, nowMs: number) {
    this.#sent = sent;
    this.#nowMs = nowMs;
  }

  *push({ data }: JsonEvent): Generator<StreamPart, void, undefined> {
    if (data["error"] !== undefined) throw reportedFailure(readFault(data));
    this.#chunks ??= createChunks(headOf(data, this.#nowMs));
    const candidate = candidateOf(data);
    const logprobs = logprobsOf(candidate);
    for (const [index, part] of partsOf(candidate).entries()) {
      yield* this.#part(this.#chunks, part, index === 0 ? logprobs : undefined);
    }
    const usage = readUsage(data["usageMetadata"]);
    const reason = isBlocked(data) ? "SAFETY" : candidate["finishReason"];
    // Counts grow from event to event, and only the last has them all.
    if (usage) yield { type: "count", usage, isFinal: reason !== undefined };
    if (reason === undefined) return;
    yield* this.#endCall(this.#chunks);
    if (isUnreadable(reason) && !this.#hasOutput) throw unreadableCall();
    yield this.#chunks.finish(finishReason(reason, this.#callCount > 0));
    if (usage) yield this.#chunks.usage(usage);
    yield { type: "done" };
  }

  *#part(chunks: Chunks, part: Json, logprobs: object | undefined): Generator<StreamPart, void, undefined> {
    const call = part["functionCall"];
    if (isRecord(call)) {
      yield* this.#call(chunks, call, textSignature(part));
      return;
    }
    const text = textOf(part);
    const detail = signatureDetail(part);
    if (part["thought"] === true) {
      if (text !== "" && !this.#sent.hidesReasoning) {
        yield chunks.delta({ reasoningText: text, reasoningDetails: [thoughtDetail(text)] });
      }
    } else if (text !== "") {
      this.#hasOutput = true;
      yield chunks.delta({ text }, 0, logprobs);
    }
    if (detail) yield chunks.delta({ reasoningDetails: [detail] });
  }

  /** A call with a name is a new one; one without is more of the last, and ends it unless it says that it goes on. */
  *#call(chunks: Chunks, call: Json, signature: string | undefined): Generator<StreamPart, void, undefined> {
    const goesOn = call["willContinue"] === true;
    if (typeof call["name"] === "string") {
      yield* this.#endCall(chunks);
      this.#hasOutput = true;
      const index = this.#callCount++;
      const whole = JSON.stringify(call["args"] ?? {});
      const isPartial = goesOn || call["partialArgs"] !== undefined;
      const head = { index, id: callIdOf(call), name: call["name"], signature };
      yield chunks.delta({ toolCall: isPartial ? head : { ...head, arguments: whole } });
      if (isPartial) this.#partial = new PartialArguments();
    }
    this.#partial?.add(call["partialArgs"]);
    if (!goesOn) yield* this.#endCall(chunks);
  }

  *#endCall(chunks: Chunks): Generator<StreamPart, void, undefined> {
    if (!this.#partial) return;
    const json = this.#partial.toJson();
    this.#partial = undefined;
    yield chunks.delta({ toolCall: { index: this.#callCount - 1, arguments: json } });
  }
}
