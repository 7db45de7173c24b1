import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { bundleRoom } from "./bundle.ts";

export interface RoomFunctionProps {
  /** The entry is `lambda/<room>/handler.ts`. */
  readonly room: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memorySizeMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Environments taken out of the account's quota for it alone; absent: it shares. */
  readonly reservedConcurrency?: number | undefined;
  /** What travels beside the bundle: text by file name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders that travel beside the bundle, by the names they have there. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** A room's Lambda function: minified code, with a role that may do nothing but write its own log until told so. */
export class RoomFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: RoomFunctionProps) {
    const logGroup = expiringLogGroup(scope, `${id}Log`);
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    super(scope, id, {
      description: props.description,
      code: Code.fromAsset(bundleOf(scope, props)),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySizeMb,
      timeout: props.timeout,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: props.environment,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    });
  }

  allow(resourceArn: string, ...actions: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resourceArn] }));
  }
}

/**
 * Bundles in this process: CDK's own `NodejsFunction` starts npm for each function, which takes ten times as long.
 * @returns a folder with the code, whose content names the asset; it is gone when the process ends.
 */
function bundleOf(scope: Construct, { room, files = {}, folders = {} }: RoomFunctionProps): string {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-bundle-"));
  bundles.push(folder);
  if (Stack.of(scope).bundlingRequired) bundleRoom(room, folder);
  else writeFileSync(path.join(folder, "index.mjs"), `// ${room}`);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  for (const [name, source] of Object.entries(folders))
    cpSync(source, path.join(folder, name), { recursive: true });
  return folder;
}

const bundles: string[] = [];
process.on("exit", () => {
  for (const folder of bundles) rmSync(folder, { recursive: true, force: true });
});

/** How long logs are kept, as the configuration says; the stack tells its constructs by this context key. */
export const LOG_RETENTION_DAYS = "wlrouter:logRetentionDays";

/** Logs are for finding out what happened lately. They go with the stack, unlike the money. */
export function expiringLogGroup(scope: Construct, id: string): LogGroup {
  const days: unknown = scope.node.tryGetContext(LOG_RETENTION_DAYS);
  return new LogGroup(scope, id, {
    retention: typeof days === "number" ? days : RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
