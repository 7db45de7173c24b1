// What is served: how much there is to load, and that it works under any path and under a strict policy.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { builtConsolePage, removeIfOld } from "../../lib/console-page.ts";

/** The most that there may be to load, gzipped. */
const MOST_BYTES = 250_000;

let folder: string;
let html: string;

beforeAll(async () => {
  folder = await builtConsolePage();
  html = readFileSync(path.join(folder, "index.html"), "utf8");
});

function gzippedBytes(names: readonly string[]): number {
  return names.reduce(
    (sum, name) => sum + gzipSync(readFileSync(path.join(folder, name)), { level: 9 }).length,
    0,
  );
}

/** What index.html loads before anything is shown. */
function firstLoad(): string[] {
  return ["index.html", ...[...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name = ""]) => name)];
}

test("the first page loads in less than 250 kB, and so does all there is together", () => {
  const first = gzippedBytes(firstLoad());
  const all = gzippedBytes(readdirSync(folder));
  console.log(
    `the console's page, gzipped: ${first} bytes first, ${all} bytes with charts and operator's pages`,
  );
  // Without its script and styles it would be small, and nothing.
  expect(firstLoad().length).toBeGreaterThanOrEqual(4);
  expect(first).toBeLessThan(MOST_BYTES);
  expect(all).toBeLessThan(MOST_BYTES);
});

test("the charts are not part of the first load", () => {
  const charts = readdirSync(folder).filter((name) => /^usage-.*\.js$/.test(name));
  expect(charts.length).toBeGreaterThan(0);
  for (const name of charts) expect(firstLoad()).not.toContain(name);
});

test("it is React's production version", () => {
  const script = firstLoad().find((name) => name.startsWith("index-") && name.endsWith(".js")) ?? "";
  expect(readFileSync(path.join(folder, script), "utf8")).not.toContain("Download the React DevTools");
});

test("every address in it is relative, nothing comes from elsewhere, no script is inline", () => {
  expect(html).not.toMatch(/(?:src|href)="(?!\.\/)/);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  expect(html).not.toMatch(/\son\w+=/);
  const styles = readdirSync(folder).filter((name) => name.endsWith(".css"));
  for (const name of styles) {
    const css = readFileSync(path.join(folder, name), "utf8");
    expect(css).not.toMatch(/@import|@font-face|url\((?!["']?data:)["']?(?:https?:)?\/\//);
  }
});

test("a second look finds the page built already", async () => {
  const told: string[] = [];
  expect(await builtConsolePage((message) => told.push(message))).toBe(folder);
  expect(told).toEqual([]);
});

test("of older builds those of before yesterday go; what another process has taken away meanwhile is no fault", () => {
  const parent = mkdtempSync(path.join(tmpdir(), "wlrouter-builds-"));
  const [old, recent] = ["old", "recent"].map((name) => path.join(parent, name));
  for (const build of [old, recent]) mkdirSync(build ?? "");
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  utimesSync(old ?? "", twoDaysAgo, twoDaysAgo);
  for (const name of ["old", "recent", ".building-gone"]) removeIfOld(path.join(parent, name));
  expect(readdirSync(parent)).toEqual(["recent"]);
  rmSync(parent, { recursive: true });
});
