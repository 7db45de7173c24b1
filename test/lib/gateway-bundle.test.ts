import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { bundleRoom, filesOfColdStart } from "../../lib/bundle.ts";

/** Minified, all that a cold start reads and compiles: design target of 400 kB. */
const MOST_BYTES = 400_000;

test("A cold start of the gateway reads at most 400 kB, no SDK, and no source map.", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-bundle-"));
  const metafile = bundleRoom("gateway", folder);
  rmSync(folder, { recursive: true });
  const files = filesOfColdStart(metafile);
  const inputs = files.flatMap(({ inputs }) => Object.keys(inputs));
  expect(inputs.length).toBeGreaterThan(100);
  expect(inputs.filter((input) => /@aws-sdk|@smithy|@opentelemetry|openapi/.test(input))).toEqual([]);
  expect(Object.keys(metafile.outputs).filter((file) => file.endsWith(".map"))).toEqual([]);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});
