/** One member of a JSON object by byte offsets: `start` is its name's opening quote, `end` is after its value. */
export interface Member {
  /** Decoded: `"mod\u0065l"` is `model`, as for every parser. */
  readonly name: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The members of a JSON object in their order, duplicates included. Values are stepped over, not read: the text
 * must already have passed `JSON.parse`, so only what the scan itself trips over is reported.
 * @throws SyntaxError when the text is not an object, or ends early.
 */
export function topLevelMembers(json: Uint8Array): Member[] {
  const members: Member[] = [];
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  let at = skipSpace(json, startsWithByteOrderMark(json) ? 3 : 0);
  at = skipSpace(json, expect(json, at, OPEN_BRACE));
  while (json[at] !== CLOSE_BRACE) {
    const start = at;
    const nameEnd = skipString(json, expect(json, at, QUOTE));
    const valueStart = skipSpace(json, expect(json, skipSpace(json, nameEnd), COLON));
    const end = skipValue(json, valueStart);
    members.push({ name: readName(bytes.toString("utf8", start, nameEnd)), start, valueStart, end });
    at = skipSpace(json, end);
    if (json[at] !== CLOSE_BRACE) at = skipSpace(json, expect(json, at, COMMA));
  }
  return members;
}

/** `TextDecoder` and `Request.json()` ignore the mark, so a body that has one got this far. */
function startsWithByteOrderMark(json: Uint8Array): boolean {
  return json[0] === 0xef && json[1] === 0xbb && json[2] === 0xbf;
}

function readName(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}

function expect(json: Uint8Array, at: number, byte: number): number {
  if (json[at] === byte) return at + 1;
  throw new SyntaxError(`Expected ${String.fromCharCode(byte)} at byte ${at}`);
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(json[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** @param from after the opening quote; @returns after the closing one. `indexOf` keeps megabytes of base64 cheap. */
function skipString(json: Uint8Array, from: number): number {
  for (let quote = json.indexOf(QUOTE, from); quote !== -1; quote = json.indexOf(QUOTE, quote + 1)) {
    let escapes = quote;
    while (escapes > from && json[escapes - 1] === BACKSLASH) escapes -= 1;
    if ((quote - escapes) % 2 === 0) return quote + 1;
  }
  throw new SyntaxError(`The string at byte ${from - 1} has no end`);
}

function skipValue(json: Uint8Array, from: number): number {
  const first = json[from];
  if (first === QUOTE) return skipString(json, from + 1);
  return first === OPEN_BRACE || first === OPEN_BRACKET ? skipNested(json, from) : skipScalar(json, from);
}

function skipNested(json: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  while (at < json.length) {
    const byte = json[at];
    at += 1;
    if (byte === QUOTE) at = skipString(json, at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    if (depth === 0) return at;
  }
  throw new SyntaxError(`The value at byte ${from} has no end`);
}

function skipScalar(json: Uint8Array, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== COMMA && json[at] !== CLOSE_BRACE && !isSpace(json[at])) at += 1;
  if (at === from) throw new SyntaxError(`Expected a value at byte ${from}`);
  return at;
}
