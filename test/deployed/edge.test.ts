/** What may come from outside to the functions behind API Gateway, beside the gateway's own (test/lib/bundle.test.ts). */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { proxyEvent } from "../adapters/lambda/events.ts";
import { anyEvent } from "../adapters/lambda/odd-events.ts";
import { SYNTHESIS_LIMIT_MS } from "../lib/synthesized.ts";
import { type DeployedWorld, openDeployedWorld } from "./world.ts";

const RUNS = { numRuns: 100, seed: Number(process.env["WLROUTER_SEED"] ?? Date.now()) };
const A_STACK = /\n\s+at |node:internal|index\.mjs/;

let world: DeployedWorld;
beforeAll(async () => {
  world = await openDeployedWorld();
}, SYNTHESIS_LIMIT_MS);
afterAll(() => world.close());

test("whatever comes to the webhook is answered in JSON, and never fails the function", async () => {
  const webhook = await world.start("PaymentsWebhook", ["payments.json"]);
  await fc.assert(
    fc.asyncProperty(anyEvent, async (changes) => {
      const place = { httpMethod: "POST", path: "/webhooks/stripe", pathParameters: null };
      const { statusCode, body } = await webhook.invoke(proxyEvent({ ...changes, ...place }));
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(statusCode).toBeLessThan(500);
      JSON.parse(body);
      expect(body).not.toMatch(A_STACK);
    }),
    RUNS,
  );
});

test("whatever comes to the console's API is answered in JSON, with no stack", async () => {
  await fc.assert(
    fc.asyncProperty(anyEvent, fc.string({ maxLength: 20 }), async (changes, rest) => {
      const place = { resource: "/console/{proxy+}", pathParameters: { proxy: `api/${rest}` } };
      const { prelude, body } = await world.consoleFunction.invoke(proxyEvent({ ...changes, ...place }));
      expect(prelude.statusCode).toBeLessThan(500);
      expect(body).not.toMatch(A_STACK);
      // To a HEAD there is no body.
      if (body !== "") JSON.parse(body);
    }),
    RUNS,
  );
});
