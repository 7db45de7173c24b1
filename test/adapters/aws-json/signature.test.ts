import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { amzDate, createSigner } from "../../../lambda/adapters/aws-json/signature.ts";
import { Sha256 } from "../../fakes/aws-signature.ts";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const PLACE = { region: "us-east-1", service: "service" };
const DATE = "20150830T123600Z";
const BASE = { host: "example.amazonaws.com", "x-amz-date": DATE };
const TOKEN =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

/** AWS's published test suite (aws-sig-v4-test-suite): those of its cases that are a POST to `/`. */
const PUBLISHED = [
  ["post-vanilla", BASE, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-header-key-sort",
    { host: BASE.host, "my-header1": "value1", "x-amz-date": DATE },
    "",
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  ],
  [
    "post-header-value-case",
    { host: BASE.host, "my-header1": "VALUE1", "x-amz-date": DATE },
    "",
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  ],
  [
    "post-sts-header-before",
    { ...BASE, "x-amz-security-token": TOKEN },
    "",
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
  [
    "post-x-www-form-urlencoded",
    { "content-type": "application/x-www-form-urlencoded", ...BASE },
    "Param1=value1",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
] as const;

for (const [name, headers, body, signature] of PUBLISHED) {
  test(`AWS's published case ${name} is signed as AWS says.`, () => {
    const signedHeaders = Object.keys(headers).join(";");
    expect(createSigner(PLACE)({ headers, body, keys: KEYS, date: DATE })).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
  });
}

const text = fc.string({ minLength: 1, maxLength: 40 }).map((value) => value.replace(/[^\x21-\x7e]/g, "x"));

test("What the SDK's own signer makes of any call, ours makes too, whatever was signed before.", async () => {
  const sign = createSigner({ region: "eu-central-1", service: "dynamodb" });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        body: fc.string({ unit: "binary", maxLength: 300 }),
        accessKeyId: text,
        secretAccessKey: fc
          .constantFrom("one", "two")
          .chain((secret) => fc.constantFrom(secret, `${secret}!`)),
        sessionToken: fc.option(text, { nil: undefined }),
        path: fc.constantFrom(
          "/",
          "/model/us.amazon.nova-2-lite-v1%3A0/converse-stream",
          "/anthropic/v1/messages",
        ),
        atMs: fc.integer({ min: 1_400_000_000_000, max: 1_900_000_000_000 }),
      }),
      async ({ body, path, atMs, sessionToken, ...keys }) => {
        const headers = {
          "content-type": "application/x-amz-json-1.0",
          host: "dynamodb.eu-central-1.amazonaws.com",
          "x-amz-date": amzDate(atMs),
          ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
          "x-amz-target": "DynamoDB_20120810.UpdateItem",
        };
        const reference = new SignatureV4({
          service: "dynamodb",
          region: "eu-central-1",
          sha256: Sha256,
          applyChecksum: false,
          credentials: sessionToken === undefined ? keys : { ...keys, sessionToken },
        });
        const { "x-amz-date": date, "x-amz-security-token": _, ...sent } = headers;
        const request = {
          method: "POST",
          protocol: "https:",
          hostname: headers.host,
          path,
          headers: sent,
          body,
        };
        const signed = await reference.sign({ ...request, query: {} }, { signingDate: new Date(atMs) });
        expect(sign({ headers, body, path, keys: { ...keys, sessionToken }, date })).toBe(
          signed.headers["authorization"],
        );
      },
    ),
    { numRuns: 200 },
  );
});
