import { expect, test } from "vitest";
import {
  accountOfArn,
  dynamoEndpoint,
  serviceEndpoint,
} from "../../../lambda/adapters/aws-json/endpoints.ts";

const ACCOUNT = "123456789012";
const accountHost = `https://${ACCOUNT}.ddb.eu-central-1.amazonaws.com`;
const regionalHost = "https://dynamodb.eu-central-1.amazonaws.com";

for (const [what, env, region, account, expected] of [
  ["The account's own host is used where the account is known", {}, "eu-central-1", ACCOUNT, accountHost],
  ["An unknown account has the region's host", {}, "eu-central-1", undefined, regionalHost],
  ["What is no account id is no host name", {}, "eu-central-1", "evil.example/", regionalHost],
  [
    "The SDK's switch turns account hosts off",
    { AWS_ACCOUNT_ID_ENDPOINT_MODE: "disabled" },
    "eu-central-1",
    ACCOUNT,
    regionalHost,
  ],
  [
    "Other partitions have none",
    {},
    "us-gov-west-1",
    ACCOUNT,
    "https://dynamodb.us-gov-west-1.amazonaws.com",
  ],
  [
    "China has a domain of its own",
    {},
    "cn-north-1",
    ACCOUNT,
    "https://dynamodb.cn-north-1.amazonaws.com.cn",
  ],
  [
    "An endpoint that the operator names wins",
    { AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1", AWS_ENDPOINT_URL: "http://127.0.0.1:2" },
    "eu-central-1",
    ACCOUNT,
    "http://127.0.0.1:1",
  ],
] as const) {
  test(`${what}.`, () => {
    expect(dynamoEndpoint(env, region, account)).toBe(expected);
  });
}

test("Another service has the region's host, or what the operator names for all.", () => {
  expect(serviceEndpoint({}, "secretsmanager", "eu-west-1")).toBe(
    "https://secretsmanager.eu-west-1.amazonaws.com",
  );
  const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:2" };
  expect(serviceEndpoint(env, "secretsmanager", "eu-west-1")).toBe("http://127.0.0.1:2");
});

test("An ARN names the account it is in.", () => {
  expect(accountOfArn(`arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:ProviderKeys-AbCdEf`)).toBe(
    ACCOUNT,
  );
});
