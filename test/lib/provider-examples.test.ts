import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXAMPLE, load } from "./config-example.ts";

const DOCUMENT = "docs/openai-compatible.md";

test("every provider that the document shows is valid configuration", async () => {
  const blocks = [...readFileSync(DOCUMENT, "utf8").matchAll(/```json\n(.*?)```/gs)];
  const providers = blocks.map(([, json]) => JSON.parse(json ?? ""));
  expect(new Set(providers.flatMap((it) => Object.keys(it))).size).toBe(12);
  for (const shown of providers) {
    const config = await load({ ...EXAMPLE, providers: { ...EXAMPLE.providers, ...shown } });
    expect(config.providers).toMatchObject(shown);
  }
});
