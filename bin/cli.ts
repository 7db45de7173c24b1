import { run } from "./commands/program.ts";

// Whoever reads us may stop early (`cli ledger list … | head`): no reason to complain.
process.stdout.on("error", () => process.exit());

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  nowMs: () => Date.now(),
});
