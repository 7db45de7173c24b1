import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  AccessLogField,
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseTransferMode,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import { Alias, CfnFunction, type IFunction, type IVersion } from "aws-cdk-lib/aws-lambda";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { LEDGER_BY_CREATED_AT } from "../lambda/adapters/dynamodb/tables.ts";
import { ENV } from "../lambda/env.ts";
import type { CatalogFile } from "./config.ts";
import type { DeploymentSettings } from "./deployment-schema.ts";
import { FrontDoor } from "./front-door.ts";
import { addGatewayResponses } from "./gateway-responses.ts";
import type { Ledger } from "./ledger.ts";
import { expiringLogGroup, RoomFunction } from "./room-function.ts";

export interface GatewayProps {
  readonly ledger: Ledger;
  readonly catalog: CatalogFile;
  readonly deployment: DeploymentSettings;
}

/** The longest that Lambda runs and that API Gateway streams. */
const LONGEST_ANSWER = Duration.minutes(15);

type ManagedInstances = NonNullable<DeploymentSettings["managedInstances"]>;

/** The least that a managed instance gives a function: one virtual processor. */
const MANAGED_MEMORY_MB = 2_048;

/** The public API: one function behind every path and method of a REST API, its answers streamed. */
export class Gateway extends Construct {
  /** Where clients point their SDKs. */
  readonly baseUrl: string;
  readonly providerKeys: Secret;
  readonly api: RestApi;
  readonly room: RoomFunction;
  /** Where a CNAME must point, if the operator has to make one. */
  readonly cnameTarget: string | undefined;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { deployment } = props;
    this.providerKeys = this.#makeProviderKeys();
    this.room = this.#makeFunction(props);
    this.api = this.#makeApi(this.#warm(deployment));
    addGatewayResponses(this.api);
    this.cnameTarget = new FrontDoor(this, "FrontDoor", { api: this.api, deployment }).cnameTarget;
    const { customDomain } = deployment;
    this.baseUrl = customDomain ? `https://${customDomain.name}/v1` : this.api.urlForPath("/v1");
  }

  /** What API Gateway calls: the function, or an alias where environments are there before the requests. */
  #warm({ provisionedConcurrency, managedInstances }: DeploymentSettings): IFunction {
    if (managedInstances) this.#runOn(managedInstances);
    else if (provisionedConcurrency === undefined) return this.room;
    // CDK's own classes do not fit its interfaces under our strictest flag: `role` may be undefined.
    const version = this.room.currentVersion as IVersion;
    return new Alias(this, "Warm", {
      aliasName: "warm",
      version,
      ...(provisionedConcurrency !== undefined && {
        provisionedConcurrentExecutions: provisionedConcurrency,
      }),
    }) as IFunction;
  }

  /** CDK attaches functions only to capacity providers that are made in the same stack, so it is said in its own words. */
  #runOn({ capacityProviderArn, requestsPerEnvironment }: ManagedInstances): void {
    const { defaultChild } = this.room.node;
    if (!(defaultChild instanceof CfnFunction))
      throw new Error("a function of CDK's has a CfnFunction in it");
    defaultChild.capacityProviderConfig = {
      lambdaManagedInstancesCapacityProviderConfig: {
        capacityProviderArn,
        perExecutionEnvironmentMaxConcurrency: requestsPerEnvironment,
      },
    };
  }

  /**
   * Made with nothing that is a key; the operator fills it: `{"OPENAI_API_KEY": "sk-…"}`.
   * `generateSecretString` must never change: CloudFormation would generate the value anew, over the operator's keys.
   */
  #makeProviderKeys(): Secret {
    return new Secret(this, "ProviderKeys", {
      description: "Provider API keys: a JSON object of keys by their apiKeyEnv names in wlrouter.config.ts",
      generateSecretString: { secretStringTemplate: "{}", generateStringKey: "generated" },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #makeFunction({ ledger, catalog, deployment }: GatewayProps): RoomFunction {
    const room = new RoomFunction(this, "Function", {
      room: "gateway",
      description: "The public API: authenticates, holds, forwards, meters and settles",
      timeout: LONGEST_ANSWER,
      // Forwarding needs little; a cold start is all CPU, which Lambda gives by memory (a whole core at 1,769 MB), and a
      // body of 6 MB is there up to four times: event, string, parsed, bytes. At 10 s a stream 1 GB costs $0.00013.
      memorySizeMb: deployment.managedInstances ? MANAGED_MEMORY_MB : 1024,
      environment: {
        ...ledger.environment,
        [ENV.providerSecretArn]: this.providerKeys.secretArn,
        [ENV.owedSettlesQueue]: ledger.owedSettles.queue.queueUrl,
        [ENV.logLevel]: deployment.logLevel,
        ...(deployment.traces && { [ENV.traceEndpoint]: deployment.traces.endpoint }),
      },
      reservedConcurrency: deployment.reservedConcurrency,
      files: { "catalog.json": JSON.stringify(catalog) },
    });
    // Exactly what it does: a balance is never replaced or deleted, an entry is never changed. Drain puts entries only
    // where there is none. The index is for `/v1/usage`.
    room.allow(ledger.accounts.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem");
    room.allow(ledger.ledger.tableArn, "dynamodb:GetItem", "dynamodb:PutItem");
    room.allow(`${ledger.ledger.tableArn}/index/${LEDGER_BY_CREATED_AT}`, "dynamodb:Query");
    room.allow(ledger.apiKeys.tableArn, "dynamodb:GetItem");
    room.allow(ledger.owedSettles.queue.queueArn, "sqs:SendMessage");
    room.allow(this.providerKeys.secretArn, "secretsmanager:GetSecretValue");
    this.#allowModels(room, catalog);
    return room;
  }

  /** Only where a provider is signed with the role. A profile answers in regions of its own, so no region is named. */
  #allowModels(room: RoomFunction, { providers }: CatalogFile): void {
    const signed = Object.values(providers).filter(({ apiKeyEnv }) => apiKeyEnv === undefined);
    const endpoints = signed.flatMap((provider) => {
      if (provider.kind === "bedrock") return ["runtime"];
      return provider.kind === "anthropic" && provider.bedrock ? [provider.bedrock.endpoint] : [];
    });
    if (endpoints.includes("runtime")) {
      const actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
      for (const resource of ["foundation-model", "inference-profile", "application-inference-profile"]) {
        room.allow(`arn:${Aws.PARTITION}:bedrock:*:*:${resource}/*`, ...actions);
      }
    }
    if (endpoints.includes("mantle")) {
      room.allow(
        `arn:${Aws.PARTITION}:bedrock-mantle:*:${Aws.ACCOUNT_ID}:project/*`,
        "bedrock-mantle:CreateInference",
      );
    }
  }

  #makeApi(room: IFunction): RestApi {
    const api = new RestApi(this, "Api", {
      restApiName: "WLRouter",
      description: "OpenAI-compatible API",
      // An edge-optimized endpoint gives a silent stream up after 30 s, a regional one after 5 min.
      endpointTypes: [EndpointType.REGIONAL],
      // Access logs need the role that API Gateway has once for a whole account and region. A fresh account has none, so
      // the stack brings it, and leaves it behind: other APIs may have come to write their logs with it.
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
      deployOptions: {
        stageName: "prod",
        accessLogDestination: new LogGroupLogDestination(expiringLogGroup(this, "AccessLog")),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_LINE)),
      },
    });
    const integration = new LambdaIntegration(room, {
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: LONGEST_ANSWER,
      scopePermissionToMethod: false,
    });
    // Both by name: `addProxy` makes an open method of its own on the root. CORS preflights are the function's to answer.
    api.root.addMethod("ANY", integration);
    api.root.addResource("{proxy+}").addMethod("ANY", integration);
    return api;
  }
}

/**
 * An allow-list, like all our logs. Not `$context.error.message`, which can quote an Authorization header, nor the path,
 * in which a client may have put anything.
 */
const ACCESS_LOG_LINE = {
  requestId: AccessLogField.contextRequestId(),
  at: AccessLogField.contextRequestTimeEpoch(),
  method: AccessLogField.contextHttpMethod(),
  status: AccessLogField.contextStatus(),
  responseBytes: AccessLogField.contextResponseLength(),
  latencyMs: AccessLogField.contextResponseLatency(),
  integrationLatencyMs: AccessLogField.contextIntegrationLatency(),
  integrationStatus: AccessLogField.contextIntegrationStatus(),
  lambdaRequestId: AccessLogField.contextAwsEndpointRequestId(),
  errorType: AccessLogField.contextErrorResponseType(),
};
