/** The stack, synthesized once for a test file: as `cdk synth` does it, with cdk.json's flags, into a folder that goes away. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { BUNDLING_STACKS } from "aws-cdk-lib/cx-api";
import { afterAll } from "vitest";
import { compileCatalog, loadConfig } from "../../lib/config.ts";
import { WLRouterStack } from "../../lib/wlrouter-stack.ts";

const ROOT = path.join(import.meta.dirname, "../..");

export interface Synthesized {
  readonly template: Template;
  /** The gateway function's code, unpacked. */
  readonly assetFolder: string;
  readonly catalogVersion: string;
}

/** @param bundle false leaves the functions' code out: esbuild takes most of the time. */
export async function synthesize({ bundle = true } = {}): Promise<Synthesized> {
  const outdir = mkdtempSync(path.join(tmpdir(), "wlrouter-synth-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const { context } = JSON.parse(readFileSync(path.join(ROOT, "cdk.json"), "utf8"));
  const catalog = compileCatalog(await loadConfig(path.join(ROOT, "wlrouter.config.ts")));
  const app = new App({ outdir, context: { ...context, ...(bundle ? {} : { [BUNDLING_STACKS]: [] }) } });
  const stack = new WLRouterStack(app, "WLRouter", { catalog });
  // Validates against CloudFormation's own rules too: a finding fails the synthesis.
  const template = Template.fromStack(stack);
  const functions = Object.entries(template.findResources("AWS::Lambda::Function"));
  const [, code] = functions.find(([id]) => id.startsWith("Gateway")) ?? [];
  const assetHash = path.basename(code?.["Properties"].Code.S3Key, ".zip");
  return { template, assetFolder: path.join(outdir, `asset.${assetHash}`), catalogVersion: catalog.version };
}
