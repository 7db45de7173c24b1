import { topLevelMembers } from "./top-level-members.ts";

/** Top-level members to set; `undefined` removes one. */
export type Edits = Readonly<Record<string, unknown>>;

const OPEN = Buffer.from("{");
const COLON = Buffer.from(":");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("}");

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
  // In place of the first member's comma.
  pieces[0] = OPEN;
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** Not a TextEncoder, whose every result is an ArrayBuffer of its own: these are a few bytes each. */
function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
