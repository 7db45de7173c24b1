/** Claude and Nova on Amazon Bedrock, called as AWS wants it: every call is signed again by the SDK's own signer, and compared. */
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimedSignature, dateOf, Sha256 } from "../fakes/aws-signature.ts";
import { json, type ReceivedCall } from "../fakes/provider-server.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { bedrockWire } from "./bedrock-wire.ts";
import { charged, costPicoUsd, exchange, type Replay, startReplay } from "./replay.ts";
import { type Wire, type WireRecording, whyNoRecordings } from "./wire.ts";

const TOKEN = "token of the function's role";
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: TOKEN };
const REGION = "eu-west-1";

interface Place {
  readonly name: string;
  readonly wire: () => Wire;
  readonly provider: Wire["provider"];
  readonly service: string;
  readonly path: (isStream: boolean) => string;
}

const claude = (endpoint: "runtime" | "mantle", service: string): Place => ({
  name: `Claude at Bedrock's ${endpoint}`,
  wire: anthropicWire,
  provider: (baseUrl) => ({
    kind: "anthropic",
    baseUrl: `${baseUrl.replace(/\/v1$/, "")}/anthropic/v1`,
    bedrock: { region: REGION, endpoint },
  }),
  service,
  path: () => "/anthropic/v1/messages",
});

const PLACES: readonly Place[] = [
  claude("runtime", "bedrock"),
  claude("mantle", "bedrock-mantle"),
  {
    name: "Converse",
    wire: bedrockWire,
    provider: (baseUrl) => ({ kind: "bedrock", baseUrl, region: REGION }),
    service: "bedrock",
    path: (isStream) => `/v1/model/us.amazon.nova-2-lite-v1%3A0/converse${isStream ? "-stream" : ""}`,
  },
];

/** What AWS would compute from the call as it arrived, the caller's secret being `KEYS`. */
async function expectedAuthorization({ method, path, headers, body }: ReceivedCall): Promise<unknown> {
  const { region, service, signedHeaders } = claimedSignature(headers);
  const { "x-amz-date": date, "x-amz-security-token": _, ...others } = headers;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
    credentials: KEYS,
  });
  const signed = Object.entries(others).filter(([name]) => signedHeaders.includes(name));
  const request = {
    method,
    protocol: "https:",
    hostname: String(headers.host),
    path,
    query: {},
    headers: Object.fromEntries(signed.map(([name, value]) => [name, String(value)])),
    body,
  };
  const again = await signer.sign(request, { signingDate: dateOf(String(date)) });
  return again.headers["authorization"];
}

describe.skipIf(whyNoRecordings !== undefined)(
  `calls to Amazon Bedrock${whyNoRecordings ? ` (${whyNoRecordings})` : ""}`,
  () => {
    for (const place of PLACES) {
      describe(place.name, () => {
        let at: Replay;
        beforeAll(async () => {
          process.env["AWS_SESSION_TOKEN"] = TOKEN;
          at = await startReplay({ ...place.wire(), provider: place.provider });
        });
        afterAll(async () => {
          delete process.env["AWS_SESSION_TOKEN"];
          await at.close();
        });

        for (const isStream of [false, true]) {
          test(`are signed with the role, ${isStream ? "streamed" : "whole"}, and answered and charged`, async () => {
            const recording = anAnswer(at.wire, isStream);
            const seen = await exchange(at, recording);
            expect(seen.error).toBeUndefined();
            const { text, usage } = at.wire.read(recording);
            if (!usage) throw new Error("the recording has no usage");
            expect(seen.text).toBe(text);
            expect(await charged(at, seen.requestId)).toMatchObject({ costPicoUsd: costPicoUsd(usage) });

            const call = at.provider.calls.at(-1);
            if (!call) throw new Error("nothing was called");
            expect(call.path).toBe(place.path(isStream));
            expect(call.headers["x-amz-security-token"]).toBe(TOKEN);
            expect(claimedSignature(call.headers)).toMatchObject({
              accessKeyId: KEYS.accessKeyId,
              region: REGION,
              service: place.service,
            });
            expect(claimedSignature(call.headers).signedHeaders).toEqual(
              expect.arrayContaining(["content-type", "host", "x-amz-date", "x-amz-security-token"]),
            );
            expect(call.headers.authorization).toBe(await expectedAuthorization(call));
          });
        }

        test("that AWS refuses are the operator's trouble: an alarm, no charge, and nothing of AWS's words", async () => {
          const message =
            "The request signature we calculated does not match. arn:aws:iam::123456789012:role/x";
          at.provider.next(json({ message }, { status: 403 }));
          const answer = await fetch(`${at.router.baseUrl}/chat/completions`, {
            method: "POST",
            headers: { authorization: `Bearer ${at.router.key}`, "content-type": "application/json" },
            body: JSON.stringify({ model: "test/translated", messages: [{ role: "user", content: "Hi" }] }),
          });
          expect(answer.status).toBe(502);
          const text = await answer.text();
          expect(text).not.toContain("arn:aws");
          expect(await charged(at, String(answer.headers.get("x-request-id")))).toMatchObject({
            costPicoUsd: 0n,
          });
        });
      });
    }
  },
);

function anAnswer({ recordings, read }: Wire, isStream: boolean): WireRecording {
  const found = recordings.find(
    (it) => it.isStream === isStream && it.status === 200 && read(it).text !== "",
  );
  if (!found) throw new Error("there is no such recording");
  return found;
}
