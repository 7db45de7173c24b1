import { topLevelMembers } from "./top-level-members.ts";

/** Top-level members to set; `undefined` removes one. */
export type Edits = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();
const OPEN = encoder.encode("{");
const COLON = encoder.encode(":");
const COMMA = encoder.encode(",");
const CLOSE = encoder.encode("}");

/**
 * A JSON object with some top-level members replaced, added or removed, by splicing its bytes: every other member
 * stays byte for byte as it was, so unknown fields, 64-bit integers and number spellings pass untouched.
 * Of duplicate names only the last stays, as in `JSON.parse`: what we checked is what the next parser sees.
 * @param json an object that has passed `JSON.parse`
 * @throws SyntaxError when it is not an object
 */
export function editObject(json: Uint8Array, edits: Edits): Uint8Array {
  const members = new Map(topLevelMembers(json).map((member) => [member.name, member]));
  const pieces: Uint8Array[] = [];
  for (const [name, { start, valueStart, end }] of members) {
    if (!Object.hasOwn(edits, name)) {
      pieces.push(COMMA, json.subarray(start, end));
    } else if (edits[name] !== undefined) {
      pieces.push(COMMA, json.subarray(start, valueStart), encode(edits[name]));
    }
  }
  for (const [name, value] of Object.entries(edits)) {
    if (value !== undefined && !members.has(name)) pieces.push(COMMA, encode(name), COLON, encode(value));
  }
  return concat([OPEN, ...pieces.slice(1), CLOSE]);
}

function encode(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
