// What biome.json adds to Biome's own recommendations: each rule on a source that breaks it.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const BIOME = path.join(ROOT, "node_modules/.bin/biome");

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "wlrouter-lint-"));
  for (const name of ["biome.json", ".biome", ".gitignore"]) {
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What Biome complains of, as names of rules, when `source` is this project's file `name`. */
function complaints(name: string, source: string): string[] {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, source);
  const { stdout } = spawnSync(BIOME, ["lint", "--reporter=json", name], { cwd: folder, encoding: "utf8" });
  const report: { diagnostics: { category: string }[] } = JSON.parse(stdout);
  return report.diagnostics.map(({ category }) => category.split("/").at(-1) ?? category);
}

function functionOfLines(lines: number): string {
  return `export function long(): void {\n${"  console.log(1);\n".repeat(lines - 2)}}\n`;
}

// Biome counts the lines between the braces, so biome.json says 68.
test("a function has at most 70 lines", () => {
  expect(complaints("lambda/gateway/serve.ts", functionOfLines(70))).toEqual([]);
  expect(complaints("lambda/gateway/serve.ts", functionOfLines(71))).toEqual(["noExcessiveLinesPerFunction"]);
});

test("a file has at most 300 lines", () => {
  expect(complaints("test/gateway/serve.test.ts", "console.log(1);\n".repeat(300))).toEqual([]);
  expect(complaints("test/gateway/serve.test.ts", "console.log(1);\n".repeat(301))).toEqual([
    "noExcessiveLinesPerFile",
  ]);
});

test("the configuration is data and may be longer", () => {
  expect(complaints("wlrouter.config.ts", "console.log(1);\n".repeat(1000))).toEqual([]);
});

test.each([
  ["reads the clock", "export const now = Date.now();"],
  ["reads the clock by a date", "export const now = new Date();"],
  ["draws a random number", "export const random = Math.random();"],
  ["takes a random function along", "export const random = Math.random;"],
])("core may not be impure: it %s", (_, source) => {
  expect(complaints("lambda/core/hold.ts", source)).toEqual(["plugin"]);
  expect(complaints("lambda/gateway/handler.ts", source)).toEqual([]);
});

test.each(["process.env", "crypto.randomUUID()", "performance.now()", "fetch('/')", "globalThis.name"])(
  "core may not use a global of the machine's: %s",
  (expression) => {
    expect(complaints("lambda/core/hold.ts", `export const value = ${expression};`)).toEqual([
      "noRestrictedGlobals",
    ]);
    expect(complaints("local/server.ts", `export const value = ${expression};`)).toEqual([]);
  },
);

test("core may compute with a time that it was given", () => {
  expect(
    complaints("lambda/core/hold.ts", "export const month = (ms: number) => new Date(ms).getUTCMonth();"),
  ).toEqual([]);
});

test("an export has a name, except where a tool wants a default", () => {
  expect(complaints("lambda/gateway/serve.ts", "export default 1;")).toEqual(["noDefaultExport"]);
  expect(complaints("wlrouter.config.ts", "export default {};")).toEqual([]);
});

test("a file's name is in kebab-case and no file only passes others on", () => {
  expect(complaints("lambda/core/inputBound.ts", "export const one = 1;")).toEqual([
    "useFilenamingConvention",
  ]);
  expect(complaints("lambda/core/index.ts", 'export * from "./hold.ts";')).toEqual(["noBarrelFile"]);
});
