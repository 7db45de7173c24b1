/**
 * Run as a program: synthesizes the stack as `cdk synth` does, with cdk.json's flags, into a folder of its own, and writes
 * beside the assembly what cdk-nag finds. `synthesized.ts` starts it, so that many test files share one run.
 *
 *     node test/lib/synthesis.ts FOLDER '{"bundle": true, "deployment": {}}'
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { BUNDLING_STACKS } from "aws-cdk-lib/cx-api";
import { AwsSolutionsChecks } from "cdk-nag";
import type { z } from "zod";
import { compileCatalog, loadConfig } from "../../lib/config.ts";
import { Deployment } from "../../lib/deployment-schema.ts";
import { WLRouterStack } from "../../lib/wlrouter-stack.ts";

export interface SynthesisOptions {
  /** False leaves the functions' code out: esbuild takes most of the time. */
  readonly bundle: boolean;
  /** The configuration's section `deployment`. */
  readonly deployment: z.input<typeof Deployment>;
}

const ROOT = path.join(import.meta.dirname, "../..");

async function main(outdir: string, { bundle, deployment }: SynthesisOptions): Promise<void> {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, "cdk.json"), "utf8"));
  const config = await loadConfig(path.join(ROOT, "wlrouter.config.ts"));
  const catalog = compileCatalog(config);
  const app = new App({ outdir, context: { ...context, ...(bundle ? {} : { [BUNDLING_STACKS]: [] }) } });
  const stack = new WLRouterStack(app, "WLRouter", {
    catalog,
    deployment: Deployment.parse(deployment),
    console: config.console,
  });
  // Validates against CloudFormation's own rules too: a finding fails the synthesis.
  app.synth();
  const { violations } = new AwsSolutionsChecks(app).validateScope(stack);
  const acknowledged = stack.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .map(({ data }) => ({ path: construct.node.path, data })),
    );
  writeFileSync(path.join(outdir, "nag.json"), JSON.stringify({ violations, acknowledged }));
  writeFileSync(path.join(outdir, "catalog-version.txt"), catalog.version);
}

const [folder, options] = process.argv.slice(2);
if (!folder || !options) throw new Error("usage: node test/lib/synthesis.ts FOLDER OPTIONS");
await main(folder, JSON.parse(options));
