import { createWriteStream } from "node:fs";
import type { RequestLog } from "../lambda/core/ports.ts";

/** The structured log of one machine: a JSON object a line, in a file the command line reads too. */
export interface LocalLog extends RequestLog {
  close(): Promise<void>;
}

export function openRequestLog(file: string): LocalLog {
  const stream = createWriteStream(file, { flags: "a" });
  return {
    write: (line) => void stream.write(`${JSON.stringify(line)}\n`),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
