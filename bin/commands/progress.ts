import { Presets, SingleBar } from "cli-progress";

/** How far a long command has come, for who looks on. */
interface Progress {
  readonly step: () => void;
  readonly stop: () => void;
}

/** A bar on standard error. Where nobody looks on there is none, and what is to come is not even counted. */
export async function startProgress(total: () => Promise<number>): Promise<Progress> {
  if (!process.stderr.isTTY) return { step: () => {}, stop: () => {} };
  const format = "{bar} {value}/{total} accounts, {duration_formatted}";
  const bar = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(await total(), 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}
