import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Duration, RemovalPolicy, Stage } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface RoomFunctionProps {
  /** The entry is `lambda/<room>/handler.ts`. */
  readonly room: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memorySizeMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** What travels beside the bundle: text by file name. */
  readonly files?: Readonly<Record<string, string>>;
}

const ROOT = path.dirname(import.meta.dirname);

/** A room's Lambda function: one minified file, with a role that may do nothing but write its own log until told so. */
export class RoomFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: RoomFunctionProps) {
    const logGroup = expiringLogGroup(scope, `${id}Log`);
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    super(scope, id, {
      description: props.description,
      entry: path.join(ROOT, "lambda", props.room, "handler.ts"),
      projectRoot: ROOT,
      depsLockFilePath: path.join(ROOT, "package-lock.json"),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySizeMb,
      timeout: props.timeout,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: props.environment,
      // An option of the SDK's second version; the third keeps connections by itself.
      awsSdkConnectionReuse: false,
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        logLevel: LogLevel.ERROR,
        minify: true,
        // Classes are named in logs.
        keepNames: true,
        mainFields: ["module", "main"],
        // The SDK that is tested is the one that runs.
        bundleAwsSDK: true,
        // Some packages are CommonJS inside and call `require`, which a module does not have.
        banner:
          'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
        commandHooks: copyFiles(scope, props.files ?? {}),
      },
    });
  }

  allow(resourceArn: string, ...actions: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resourceArn] }));
  }
}

/** Logs are for finding out what happened lately. They go with the stack, unlike the money. */
export function expiringLogGroup(scope: Construct, id: string): LogGroup {
  return new LogGroup(scope, id, {
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** Files reach a bundle only through commands, so they are written to the synthesized assembly's folder first. */
function copyFiles(scope: Construct, files: Readonly<Record<string, string>>): ICommandHooks {
  const folder = Stage.of(scope)?.outdir ?? ".";
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const copy = `node -e "require('fs').copyFileSync(...process.argv.slice(1))"`;
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_from, to) =>
      Object.keys(files).map((name) => `${copy} "${path.join(folder, name)}" "${path.join(to, name)}"`),
  };
}
