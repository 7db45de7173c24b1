import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { encodeOwedSettle } from "../lambda/core/owed-settle.ts";
import type { Ledger, OwedSettles } from "../lambda/core/ports.ts";
import { settleOwed } from "../lambda/ledger/settle/settle-owed.ts";

/** One machine's queue of charges that the ledger could not take: a line each, in memory and in a file if one is given. */
export interface LocalOwedSettles extends OwedSettles {
  /** Tries each once. @returns how many are left. */
  settleAll(ledger: Pick<Ledger, "settle" | "drain">): Promise<number>;
}

export function openOwedSettles(file?: string): LocalOwedSettles {
  let waiting = file && existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  return {
    async put(owed) {
      const line = encodeOwedSettle(owed);
      // First: a file that is replaced while this one is written to holds what is in memory.
      waiting.push(line);
      if (file) await appendFile(file, `${line}\n`, { flush: true });
    },
    async settleAll(ledger) {
      const tried = [...waiting];
      if (tried.length === 0) return 0;
      const { failed } = await settleOwed(
        ledger,
        tried.map((body, index) => ({ messageId: String(index), body })),
      );
      const left = new Set(failed.map(({ messageId }) => tried[Number(messageId)]));
      const done = new Set(tried.filter((line) => !left.has(line)));
      // Others came meanwhile, and another turn may have ended before this one.
      waiting = waiting.filter((line) => !done.has(line));
      if (file) replaceFile(file, waiting);
      return waiting.length;
    },
  };
}

function replaceFile(file: string, lines: readonly string[]): void {
  writeFileSync(`${file}.new`, lines.map((line) => `${line}\n`).join(""), { flush: true });
  renameSync(`${file}.new`, file);
}
