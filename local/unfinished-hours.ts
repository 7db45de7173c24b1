import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** Hours (`2026-11-23T05`) of which an entry may be in the ledger and not in the lake; kept where a crash leaves them. */
export interface UnfinishedHours {
  /** Undefined: nobody has kept count, so it may be any hour. */
  read(): readonly string[] | undefined;
  write(hours: readonly string[]): void;
}

const Hours = z.array(z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/));

export function unfinishedHoursIn(file: string): UnfinishedHours {
  return {
    read() {
      try {
        return Hours.parse(JSON.parse(readFileSync(file, "utf8")));
      } catch {
        // Not there, or not ours: to compare every hour is slow, and never wrong.
        return undefined;
      }
    },
    write(hours) {
      // Renamed into place, so that a crash leaves the old list or the new one.
      writeFileSync(`${file}.new`, `${JSON.stringify(hours)}\n`);
      renameSync(`${file}.new`, file);
    },
  };
}

/** The hour of an instant in ISO 8601, as the lake's folders have it. */
export function hourOf(createdAt: string): string {
  return createdAt.slice(0, "2026-11-23T05".length);
}
