import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { providersDocument } from "./providers-document.ts";

test("docs/providers.md says what the translators do; if not: npm run docs:providers", () => {
  const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
  expect(providersDocument(page)).toBe(page);
});
