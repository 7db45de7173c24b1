import path from "node:path";
import { type BuildOptions, buildSync, type Metafile } from "esbuild";

const ROOT = path.dirname(import.meta.dirname);

/**
 * Bundles `lambda/<room>/handler.ts` into a folder, as it is deployed: `index.mjs`, and beside it what is imported only when
 * it is asked for (`await import`), which a cold start neither reads nor compiles.
 * @returns what went into it, and how much of it is left.
 */
export function bundleRoom(
  room: string,
  folder: string,
  options: { readonly minify?: boolean } = {},
): Metafile {
  const entryPoints = { index: `lambda/${room}/handler.ts` };
  return buildSync({ ...BUNDLING, ...options, entryPoints, outdir: folder }).metafile;
}

/** `index.mjs` and what it imports at once: what is imported later costs a cold start nothing. */
export function filesOfColdStart({ outputs }: Metafile): Metafile["outputs"][string][] {
  const start = Object.keys(outputs).filter((file) => path.basename(file) === "index.mjs");
  const names = new Set(start);
  for (const name of names) {
    for (const { kind, path: imported } of outputs[name]?.imports ?? []) {
      if (kind === "import-statement" && imported in outputs) names.add(imported);
    }
  }
  return [...names].flatMap((name) => outputs[name] ?? []);
}

/** The SDK is bundled too: the one that is tested is the one that runs. */
const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  outExtension: { ".js": ".mjs" },
  logLevel: "error",
  // Errors name themselves. `keepNames` would cost a call for every closure that is made, and a tenth of the size.
  minify: true,
  mainFields: ["module", "main"],
  metafile: true,
  // undici asks for these where WebAssembly has no SIMD, and for a body that is a form: neither happens in Lambda.
  external: ["*/llhttp/llhttp-wasm.js", "*/web/fetch/body.js"],
  // Some packages are CommonJS inside and call `require`, which a module does not have.
  banner: {
    js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
  },
} satisfies BuildOptions;
