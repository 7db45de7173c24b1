/** The stack, synthesized once for a test file: as `cdk synth` does it, with cdk.json's flags, into a folder that goes away. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
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

export async function synthesize(): Promise<Synthesized> {
  const outdir = mkdtempSync(path.join(tmpdir(), "wlrouter-synth-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const { context } = JSON.parse(readFileSync(path.join(ROOT, "cdk.json"), "utf8"));
  const catalog = compileCatalog(await loadConfig(path.join(ROOT, "wlrouter.config.ts")));
  const app = new App({ outdir, context });
  const stack = new WLRouterStack(app, "WLRouter", { catalog });
  // Validates against CloudFormation's own rules too: a finding fails the synthesis.
  const template = Template.fromStack(stack);
  const functions = Object.entries(template.findResources("AWS::Lambda::Function"));
  const [, code] = functions.find(([id]) => id.startsWith("Gateway")) ?? [];
  const assetHash = path.basename(code?.["Properties"].Code.S3Key, ".zip");
  return { template, assetFolder: path.join(outdir, `asset.${assetHash}`), catalogVersion: catalog.version };
}
