import type { Metafile } from "esbuild";
import { filesOfColdStart } from "../../lib/bundle.ts";

/** Minified bytes that a cold start reads, by npm package or by folder of ours, largest first. */
export function contributors(metafile: Metafile): [string, number][] {
  const sizes = new Map<string, number>();
  for (const { inputs } of filesOfColdStart(metafile)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = contributor(file);
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sizes].toSorted((a, b) => b[1] - a[1]);
}

function contributor(file: string): string {
  const [, inPackage] = file.split(/.*node_modules\//);
  if (inPackage) return inPackage.split("/", inPackage.startsWith("@") ? 2 : 1).join("/");
  return file
    .split("/")
    .slice(0, file.startsWith("lambda/adapters/") ? 3 : 2)
    .join("/");
}
