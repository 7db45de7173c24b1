// The rules of .dependency-cruiser.mjs, each on a small tree of files that breaks it and nothing else.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { cruise } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { afterEach, beforeEach, expect, test } from "vitest";

const RULES = path.resolve(import.meta.dirname, "../../.dependency-cruiser.mjs");

/** Sources by path. */
type Tree = Record<string, string>;

const BREAKS: readonly { readonly rule: string; readonly when: string; readonly tree: Tree }[] = [
  {
    rule: "core-imports-core-only",
    when: "core imports a Node module",
    tree: { "lambda/core/hold.ts": 'import "node:fs";' },
  },
  {
    rule: "core-imports-core-only",
    when: "core imports an npm package",
    tree: { "lambda/core/hold.ts": 'import "zod";' },
  },
  {
    rule: "core-imports-core-only",
    when: "core imports no more than a type of an adapter",
    tree: { "lambda/core/hold.ts": 'import type { Store } from "../adapters/dynamodb/store.ts";' },
  },
  {
    rule: "core-imports-core-only",
    when: "core imports the names of environment variables",
    tree: { "lambda/core/hold.ts": 'import "../env.ts";' },
  },
  {
    rule: "adapters-import-core-only",
    when: "an adapter imports another adapter",
    tree: { "lambda/adapters/s3/reports.ts": 'import "../dynamodb/store.ts";' },
  },
  {
    rule: "adapters-import-core-only",
    when: "an adapter imports a room",
    tree: { "lambda/adapters/s3/reports.ts": 'import "../../reports/daily.ts";' },
  },
  {
    rule: "adapters-stay-in-a-folder",
    when: "a file lies beside the adapters' folders",
    tree: { "local/server.ts": 'import "../lambda/adapters/retry.ts";' },
  },
  {
    rule: "rooms-import-core-only",
    when: "a room's file that is no handler imports an adapter",
    tree: { "lambda/gateway/serve.ts": 'import "../adapters/dynamodb/store.ts";' },
  },
  {
    rule: "rooms-import-core-only",
    when: "a room's file imports an adapter later, while running",
    tree: {
      "lambda/gateway/serve.ts": 'export const store = () => import("../adapters/dynamodb/store.ts");',
    },
  },
  {
    rule: "rooms-import-core-only",
    when: "a room's file that is no handler reads environment variables",
    tree: { "lambda/gateway/serve.ts": 'import "../env.ts";' },
  },
  {
    rule: "rooms-import-no-handler",
    when: "a room's file imports the handler",
    tree: { "lambda/gateway/serve.ts": 'import "./handler.ts";' },
  },
  {
    rule: "rooms-import-no-rooms",
    when: "a room imports another room",
    tree: { "lambda/gateway/serve.ts": 'import "../ledger/sweep.ts";' },
  },
  {
    rule: "rooms-import-no-rooms",
    when: "a handler imports another room",
    tree: { "lambda/gateway/handler.ts": 'import "../ledger/sweep.ts";' },
  },
  {
    rule: "pages-import-types-only",
    when: "the console's page imports more than a type of the console's API",
    tree: { "lambda/console/web/main.tsx": 'import { createConsoleApi } from "../api.ts";' },
  },
  {
    rule: "nothing-imports-pages",
    when: "the console's API imports its page",
    tree: { "lambda/console/api.ts": 'import "./web/main.tsx";' },
  },
  {
    rule: "env-imports-nothing",
    when: "lambda/env.ts imports anything",
    tree: { "lambda/env.ts": 'import "./core/hold.ts";' },
  },
  {
    rule: "lambda-imports-lambda-only",
    when: "run time imports deploy time",
    tree: { "lambda/gateway/handler.ts": 'import "../../lib/config.ts";' },
  },
  {
    rule: "lambda-imports-lambda-only",
    when: "run time imports a test's fake",
    tree: { "lambda/gateway/serve.ts": 'import "../../test/fakes/upstream.ts";' },
  },
  {
    rule: "lib-imports-definitions-only",
    when: "deploy time imports core",
    tree: { "lib/ledger.ts": 'import "../lambda/core/hold.ts";' },
  },
  {
    rule: "lib-imports-definitions-only",
    when: "deploy time imports a handler",
    tree: { "lib/gateway.ts": 'import "../lambda/gateway/handler.ts";' },
  },
  {
    rule: "lib-imports-definitions-only",
    when: "deploy time imports what lies beside a definition",
    tree: { "lib/usage.ts": 'import "../lambda/adapters/s3/object-store.ts";' },
  },
  {
    rule: "no-circles",
    when: "two files import each other",
    tree: {
      "lambda/core/hold.ts": 'import type { Charge } from "./charge.ts"; export type Hold = Charge;',
      "lambda/core/charge.ts": 'import type { Hold } from "./hold.ts"; export type Charge = Hold;',
    },
  },
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "wlrouter-imports-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Adds what the files of a tree import from each other, empty. */
function complete(tree: Tree): Tree {
  const files = Object.entries(tree).flatMap(([name, source]) =>
    [...source.matchAll(/"(\..+?)"/g)].map(([, target = ""]) => path.join(path.dirname(name), target)),
  );
  return { ...Object.fromEntries(files.map((file) => [file, "export {};"])), ...tree };
}

/** The names of the rules that a tree breaks, each once. */
async function brokenRules(tree: Tree): Promise<string[]> {
  for (const [name, source] of Object.entries(tree)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, source);
  }
  const options = await extractOptions(RULES);
  const { output } = await cruise(["."], { ...options, baseDir: folder, validate: true });
  if (typeof output === "string") throw new Error(`expected a result, got ${output}`);
  return [...new Set(output.summary.violations.map(({ rule }) => rule.name))];
}

test.each(BREAKS)("$rule is broken when $when", async ({ rule, tree }) => {
  expect(await brokenRules(complete(tree))).toEqual([rule]);
});

test("no-unresolvable-files is broken by a path that leads nowhere", async () => {
  expect(await brokenRules({ "bin/cli.ts": 'import "./nothing.ts";' })).toEqual(["no-unresolvable-files"]);
});

test("the imports that the design allows break no rule", async () => {
  const allowed: Tree = {
    "lambda/gateway/handler.ts":
      'import "../adapters/dynamodb/store.ts"; import "../core/hold.ts"; import "../env.ts"; import "./serve.ts";',
    "lambda/gateway/serve.ts":
      'import "../core/hold.ts"; import "./meter.ts"; import "hono"; import "node:crypto";',
    "lambda/console/web/main.tsx":
      'import type { ConsoleApi } from "../api.ts"; import "../../core/money.ts"; import "./keys.tsx";',
    "lambda/adapters/dynamodb/store.ts":
      'import "../../core/hold.ts"; import "./tables.ts"; import "../../env.ts";',
    "lambda/core/hold.ts": 'import "./money.ts";',
    "lib/ledger.ts":
      'import "../lambda/env.ts"; import "../lambda/adapters/dynamodb/tables.ts"; import "./config.ts"; import "aws-cdk-lib";',
    "lib/usage.ts":
      'import "../lambda/adapters/eventbridge/rules.ts"; import "../lambda/adapters/s3/lake-schema.ts";',
    "local/server.ts": 'import "../lambda/gateway/serve.ts"; import "../lambda/adapters/dynamodb/store.ts";',
    "bin/cli.ts": 'import "../lambda/core/money.ts"; import "../local/server.ts";',
  };
  expect(await brokenRules(complete(allowed))).toEqual([]);
});
