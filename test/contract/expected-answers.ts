import { isStream, type Recording } from "../fakes/recordings.ts";
import {
  type Json,
  picoUsd,
  record,
  recordedChunks,
  recordedCostPicoUsd,
  statedUsage,
} from "./recorded-exchange.ts";

/**
 * What a client must get for a recording: every body and chunk as it was, and nothing else but the cost beside the
 * usage (here in pico-USD) and the request's id. Who did not ask for usage in a stream gets none.
 */
export function expectedAnswers(recording: Recording, requestId: string, includeUsage: boolean): Json[] {
  const chunks = recordedChunks(recording).filter((chunk) => chunk["error"] === undefined);
  if (!isStream(recording)) return chunks.map((body) => ({ ...withCost(body), request_id: requestId }));
  return includeUsage ? chunks.map(withCost) : chunks.flatMap(withoutUsage);
}

function withCost(chunk: Json): Json {
  const usage = statedUsage(chunk);
  if (usage === undefined) return chunk;
  return { ...chunk, usage: { ...usage, cost: recordedCostPicoUsd(usage) } };
}

function withoutUsage(chunk: Json): Json[] {
  const { usage: _, ...rest } = chunk;
  if (statedUsage(chunk) === undefined) return [chunk];
  return Array.isArray(rest["choices"]) && rest["choices"].length > 0 ? [rest] : [];
}

/** A client's answers with their costs read, to be compared with `expectedAnswers`. */
export function withCostsRead(answers: readonly Json[]): Json[] {
  return answers.map((answer) => {
    const usage = record(answer["usage"]);
    return usage === undefined ? answer : { ...answer, usage: { ...usage, cost: picoUsd(usage["cost"]) } };
  });
}
