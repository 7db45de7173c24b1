import { isRecord } from "../../core/is-record.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import type { Json } from "./contents.ts";

const UNSAFE = new Set(["__proto__", "constructor", "prototype"]);
/** No schema of a tool has so long a list or so deep a tree; a path that says so is no path. */
const MAX_INDEX = 10_000;
const MAX_STEPS = 64;

/**
 * A tool call's arguments that Vertex streams in pieces, each a value at a JSON path: `$.steps[1]`. Texts come in several
 * pieces at the same path; where the next path begins, the one before is complete.
 */
export class PartialArguments {
  readonly #root: Record<string, unknown> = {};
  readonly #open = new Set<string>();

  add(pieces: unknown): void {
    for (const piece of Array.isArray(pieces) ? pieces.map(recordOf) : []) this.#addPiece(piece);
  }

  toJson(): string {
    return JSON.stringify(this.#root);
  }

  #addPiece(piece: Json): void {
    const path = String(piece["jsonPath"] ?? "");
    const steps = stepsOf(path);
    const value = valueIn(piece);
    if (steps === undefined || value === undefined) return;
    const continues = this.#open.has(path);
    if (piece["willContinue"] === true) this.#open.add(path);
    else this.#open.delete(path);
    set(this.#root, steps, (before) =>
      continues && typeof before === "string" && typeof value === "string" ? before + value : value,
    );
  }
}

function valueIn({ stringValue, numberValue, boolValue, nullValue }: Json): unknown {
  return stringValue ?? numberValue ?? boolValue ?? (nullValue === undefined ? undefined : null);
}

function stepsOf(path: string): (string | number)[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]/g)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? "") : Number(index),
  );
  const isSound = steps.every((step) => (typeof step === "number" ? step <= MAX_INDEX : !UNSAFE.has(step)));
  return isSound && steps.length > 0 && steps.length <= MAX_STEPS ? steps : undefined;
}

function set(root: object, steps: readonly (string | number)[], change: (before: unknown) => unknown): void {
  let at: object = root;
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1];
    const before: unknown = Reflect.get(at, step);
    if (next === undefined) {
      Reflect.set(at, step, change(before));
      return;
    }
    const inner = isRecord(before) || Array.isArray(before) ? before : typeof next === "number" ? [] : {};
    Reflect.set(at, step, inner);
    at = inner;
  }
}
