/** One event, read in full. */
export interface SseEvent {
  /** Its `event:` field. */
  readonly name: string | undefined;
  /** Its `data:` lines, joined; undefined when it has none (comments keep a connection alive). */
  readonly data: string | undefined;
}

const FIELD = /^(data|event|id|retry)(?::|$) ?/;

/** @returns undefined when a line is neither a field of SSE nor a comment: not an event stream at all */
export function parseEvent(bytes: Buffer): SseEvent | undefined {
  let name: string | undefined;
  let data: string | undefined;
  for (const line of bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)) {
    if (line === "" || line.startsWith(":")) continue;
    const field = FIELD.exec(line);
    if (field === null) return undefined;
    const value = line.slice(field[0].length);
    if (field[1] === "event") name = value;
    if (field[1] === "data") data = data === undefined ? value : `${data}\n${value}`;
  }
  return { name, data };
}

export function isDone(data: string): boolean {
  return data.trim() === "[DONE]";
}
