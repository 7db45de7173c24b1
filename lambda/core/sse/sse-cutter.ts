import { ByteFinder } from "./byte-finder.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Whole SSE events in one buffer, and the offset after each of them. */
export interface WholeEvents {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/**
 * Cuts a byte stream after its blank lines. Network chunks end anywhere: inside an event, a line ending or a
 * character. Each byte is looked at once, and copied only when its event came in more than one chunk.
 */
export class SseCutter {
  #pieces: Buffer[] = [];
  #pendingBytes = 0;
  #isLineEmpty = true;
  #isBetweenEvents = true;
  #isAfterCr = false;

  /** How much has come of an event that has no end yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The events that this chunk completes; undefined when it completes none. */
  push(chunk: Buffer): WholeEvents | undefined {
    const ends = this.#findEnds(chunk);
    const last = ends.at(-1);
    if (last === undefined) {
      this.#keep(chunk);
      return undefined;
    }
    const bytes = this.#takePendingWith(chunk.subarray(0, last));
    const carriedBytes = bytes.length - last;
    if (last < chunk.length) this.#keep(chunk.subarray(last));
    return { bytes, ends: carriedBytes === 0 ? ends : ends.map((end) => end + carriedBytes) };
  }

  /** What is left when the stream is over: an event without its blank line. */
  takePending(): Buffer {
    return this.#takePendingWith(Buffer.alloc(0));
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
  }

  #takePendingWith(piece: Buffer): Buffer {
    if (this.#pieces.length === 0) return piece;
    const bytes = Buffer.concat([...this.#pieces, piece]);
    this.#pieces = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  /** Lines end with LF, CR LF or CR; an event ends with an empty line. */
  #findEnds(chunk: Buffer): number[] {
    const ends: number[] = [];
    const lf = new ByteFinder(chunk, LF);
    const cr = new ByteFinder(chunk, CR);
    for (let from = 0; from < chunk.length; ) {
      const at = Math.min(lf.next(from), cr.next(from));
      if (at > from) this.#enterLine();
      if (at < chunk.length) this.#endLine(chunk[at], at + 1, ends);
      from = at + 1;
    }
    return ends;
  }

  #enterLine(): void {
    this.#isLineEmpty = false;
    this.#isBetweenEvents = false;
    this.#isAfterCr = false;
  }

  #endLine(byte: number | undefined, end: number, ends: number[]): void {
    const isSecondHalf = byte === LF && this.#isAfterCr;
    this.#isAfterCr = byte === CR;
    if (this.#isBetweenEvents) {
      // Further empty lines, and the LF of a CR LF that ended an event, stay with the event before them.
      replaceLast(ends, end);
    } else if (!isSecondHalf && this.#isLineEmpty) {
      this.#isBetweenEvents = true;
      ends.push(end);
    }
    this.#isLineEmpty = true;
  }
}

/** The event before may have gone with an earlier chunk: then empty lines go by themselves. */
function replaceLast(ends: number[], end: number): void {
  if (ends.length === 0) ends.push(end);
  else ends[ends.length - 1] = end;
}
