const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const DATA = Buffer.from("data:");
const CHOICES = Buffer.from('"choices"');
const ERROR = Buffer.from('"error"');
const USAGE = Buffer.from('"usage"');

/**
 * Is an event of the one shape that needs no reading: `data: {… "choices" …}` on one line, with neither usage nor an
 * error in it? Quotes inside JSON strings are escaped, so the names cannot be found in what the model wrote.
 * Every event comes through here: one pass over its bytes, no strings, nothing allocated.
 * @param end after the event's empty line
 */
export function isPlainEvent(bytes: Buffer, start: number, end: number): boolean {
  const lineEnd = end - 2;
  if (!isAt(bytes, start, DATA) || bytes[lineEnd] !== LF || bytes[lineEnd - 1] !== CLOSE_BRACE) return false;
  const open = skipSpaces(bytes, start + DATA.length);
  if (bytes[open] !== OPEN_BRACE) return false;
  let hasChoices = false;
  for (let at = open; at < lineEnd; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE) return false;
    if (byte !== QUOTE) continue;
    hasChoices ||= isAt(bytes, at, CHOICES);
    if (isAt(bytes, at, ERROR) || isUsageObject(bytes, at)) return false;
  }
  return hasChoices;
}

/** `"usage": {`. OpenAI sends `"usage":null` in every other chunk. */
function isUsageObject(bytes: Buffer, at: number): boolean {
  if (!isAt(bytes, at, USAGE)) return false;
  const colon = skipSpaces(bytes, at + USAGE.length);
  return bytes[colon] === COLON && bytes[skipSpaces(bytes, colon + 1)] === OPEN_BRACE;
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
