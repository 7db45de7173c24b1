const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const DATA = Buffer.from("data:");
const OPEN_BRACKET = 0x5b;
/** What every chunk of a sound stream names: one without any of them is mended. */
const EXPECTED = ["choices", "object", "finish_reason"].map((name) => Buffer.from(`"${name}"`));
const ALL_EXPECTED = 0b111;
const ERROR = Buffer.from('"error"');
const USAGE = Buffer.from('"usage"');
const TOOL_CALLS = Buffer.from('"tool_calls"');
const CONTENT = Buffer.from('"content"');

/** The letters that the names above begin with: most quotes have another behind them. */
const BEGINS_A_NAME = new Uint8Array(256);
for (const name of [...EXPECTED, ERROR, USAGE, TOOL_CALLS, CONTENT]) BEGINS_A_NAME[name[1] ?? 0] = 1;

/**
 * Is an event of the one shape that needs no reading: `data: {… "choices" … "finish_reason" …}` on one line, without
 * usage, an error, tool calls or content in parts? Quotes inside JSON strings are escaped, so the names cannot be found
 * in what the model wrote. Every event comes through here: one pass over its bytes, no strings, nothing allocated.
 * @param end after the event's empty line
 */
export function isPlainEvent(bytes: Buffer, start: number, end: number): boolean {
  const lineEnd = end - 2;
  if (!isAt(bytes, start, DATA) || bytes[lineEnd] !== LF || bytes[lineEnd - 1] !== CLOSE_BRACE) return false;
  const open = skipSpaces(bytes, start + DATA.length);
  if (bytes[open] !== OPEN_BRACE) return false;
  let found = 0;
  for (let at = open; at < lineEnd; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE) return false;
    if (byte !== QUOTE || BEGINS_A_NAME[bytes[at + 1] ?? 0] === 0) continue;
    if (needsReading(bytes, at)) return false;
    for (let index = 0; index < EXPECTED.length; index += 1) {
      if (isAt(bytes, at, EXPECTED[index] ?? ERROR)) found |= 1 << index;
    }
  }
  return found === ALL_EXPECTED;
}

/** OpenAI sends `"usage":null` in every chunk but the last, and content as text. */
function needsReading(bytes: Buffer, at: number): boolean {
  return (
    isAt(bytes, at, ERROR) ||
    isAt(bytes, at, TOOL_CALLS) ||
    isMember(bytes, at, USAGE, OPEN_BRACE) ||
    isMember(bytes, at, CONTENT, OPEN_BRACKET)
  );
}

/** `"usage": {` */
function isMember(bytes: Buffer, at: number, name: Buffer, opening: number): boolean {
  if (!isAt(bytes, at, name)) return false;
  const colon = skipSpaces(bytes, at + name.length);
  return bytes[colon] === COLON && bytes[skipSpaces(bytes, colon + 1)] === opening;
}

function isAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let offset = 0; offset < text.length; offset += 1) {
    if (bytes[at + offset] !== text[offset]) return false;
  }
  return true;
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === SPACE) at += 1;
  return at;
}
