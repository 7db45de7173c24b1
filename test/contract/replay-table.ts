import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { recordedFileCount } from "../fakes/recordings.ts";

export interface Replayed {
  /** As docs/providers.md calls the provider. */
  readonly name: string;
  readonly folder: string;
  /** Of each exchange that was replayed. A file may hold several, told apart by a `#`. */
  readonly files: readonly string[];
  readonly passed: number;
}

/** docs/providers.md says what was just seen: how many files there are, how many were replayed as what, and passed. */
export function expectToldInDocs({ name, folder, files, passed }: Replayed): void {
  const replayed = new Set(files.map((file) => file.replace(/#\d+$/, ""))).size;
  const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
  const row = [name, recordedFileCount(folder), replayed, files.length, passed].join(" | ");
  expect(page.split("\n").map((line) => line.split(" | ").slice(0, 5).join(" | "))).toContain(`| ${row}`);
}
