import { createJsonClient, type JsonClient } from "./client.ts";
import { type CredentialsSource, roleCredentials } from "./credentials.ts";
import { dynamoEndpoint, serviceEndpoint } from "./endpoints.ts";

/** As whom and where this process calls AWS. */
export interface AwsAccess {
  readonly env: NodeJS.ProcessEnv;
  readonly region: string;
  readonly credentials: CredentialsSource;
  readonly nowMs: () => number;
}

/** A write of one item takes about 5 milliseconds; beyond a second or two, a new try is the better bet. */
const DYNAMO_ANSWER_MS = 2_000;
const SECRETS_ANSWER_MS = 3_000;

/** A function's own access. @throws Error when no region is set: this is not a Lambda function. */
export function functionAccess(env: NodeJS.ProcessEnv, nowMs: () => number): AwsAccess {
  const region = env["AWS_REGION"];
  if (!region) throw new Error("the environment variable AWS_REGION is not set");
  return { env, region, credentials: roleCredentials(env, nowMs), nowMs };
}

/** @param accountId whose tables they are, where that is known: AWS then answers on a host of the account's own */
export function dynamoClient(access: AwsAccess, accountId?: string): JsonClient {
  return dynamoClientAt(dynamoEndpoint(access.env, access.region, accountId), access, DYNAMO_ANSWER_MS);
}

/** Another place that speaks DynamoDB, for one machine; its credentials are not secret. */
export function localDynamoClient(endpoint: string, answerMs = DYNAMO_ANSWER_MS): JsonClient {
  const keys = { accessKeyId: "local", secretAccessKey: "local" };
  const access = { region: "local", credentials: async () => keys, nowMs: () => Date.now() };
  return dynamoClientAt(endpoint, access, answerMs);
}

function dynamoClientAt(endpoint: string, access: Omit<AwsAccess, "env">, answerMs: number): JsonClient {
  return createJsonClient({
    ...access,
    endpoint,
    answerMs,
    service: "dynamodb",
    target: "DynamoDB_20120810",
    contentType: "application/x-amz-json-1.0",
  });
}

export function secretsClient(access: AwsAccess): JsonClient {
  return createJsonClient({
    ...access,
    endpoint: serviceEndpoint(access.env, "secretsmanager", access.region),
    answerMs: SECRETS_ANSWER_MS,
    service: "secretsmanager",
    target: "secretsmanager",
    contentType: "application/x-amz-json-1.1",
  });
}

const SQS_ANSWER_MS = 3_000;

export function sqsClient(access: AwsAccess): JsonClient {
  return createJsonClient({
    ...access,
    endpoint: serviceEndpoint(access.env, "sqs", access.region),
    answerMs: SQS_ANSWER_MS,
    service: "sqs",
    target: "AmazonSQS",
    contentType: "application/x-amz-json-1.0",
  });
}
