/**
 * Where a byte occurs next, asked for rising offsets: the buffer is searched once in all, however often
 * it is asked, because an occurrence is remembered until it is passed.
 */
export class ByteFinder {
  readonly #bytes: Buffer;
  readonly #byte: number;
  #found: number;

  constructor(bytes: Buffer, byte: number) {
    this.#bytes = bytes;
    this.#byte = byte;
    this.#found = bytes.indexOf(byte);
  }

  /** @returns the first offset at or after `from`; the buffer's length when there is none */
  next(from: number): number {
    if (this.#found !== -1 && this.#found < from) this.#found = this.#bytes.indexOf(this.#byte, from);
    return this.#found === -1 ? this.#bytes.length : this.#found;
  }
}
