/**
 * Where a service is called. A variable of the SDK's name (`AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`) overrides it:
 * that is also the way to FIPS, dual-stack and isolated-partition hosts, which nothing here composes.
 */
export function serviceEndpoint(
  env: NodeJS.ProcessEnv,
  service: "dynamodb" | "secretsmanager" | "sqs",
  region: string,
): string {
  return override(env, service) ?? `https://${service}.${region}.${domainOf(region)}`;
}

/** AWS answers on a host of each account's own, and prefers to; the SDK does the same, where it knows the account. */
export function dynamoEndpoint(
  env: NodeJS.ProcessEnv,
  region: string,
  accountId: string | undefined,
): string {
  const hasAccountHost =
    /^\d{12}$/.test(accountId ?? "") && env["AWS_ACCOUNT_ID_ENDPOINT_MODE"] !== "disabled";
  // Only the commercial partition has them.
  if (!hasAccountHost || /^(cn|us-gov|us-iso)/.test(region)) return serviceEndpoint(env, "dynamodb", region);
  return override(env, "dynamodb") ?? `https://${accountId}.ddb.${region}.${domainOf(region)}`;
}

/** `arn:aws:secretsmanager:eu-central-1:123456789012:secret:…` names the account it is in. */
export function accountOfArn(arn: string): string | undefined {
  return arn.split(":")[4];
}

function override(env: NodeJS.ProcessEnv, service: string): string | undefined {
  return env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env["AWS_ENDPOINT_URL"];
}

function domainOf(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
