import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatUsd } from "../../lambda/core/money.ts";
import { chat, completion, usage } from "./completions.ts";
import { openWorld, PRICE, type World } from "./world.ts";

/** A model's own limits and its provider's own ways. */
const worlds: World[] = [];
async function opened(options: Parameters<typeof openWorld>[0]): Promise<World> {
  const world = await openWorld(options);
  world.provider.always(completion("Hi", usage(1, 1)));
  worlds.push(world);
  return world;
}
afterAll(() => Promise.all(worlds.map((world) => world.close())));

async function heldFor(world: World, body: object): Promise<bigint> {
  const client = await world.client();
  const held = Promise.withResolvers<bigint>();
  world.provider.next(async (response, call) => {
    held.resolve(await client.held());
    await completion("Hi", usage(1, 1))(response, call);
  });
  await client.ended(await client.post(body));
  return held.promise;
}

describe("an image", () => {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } };
  const withImages = (count: number) =>
    chat({
      max_completion_tokens: 1,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello" }, ...Array(count).fill(image)] }],
    });

  test("is held at the model's published maximum, however long its data is", async () => {
    const world = await opened({ model: { maxImageTokens: 1_500 } });
    const [one, three] = [await heldFor(world, withImages(1)), await heldFor(world, withImages(3))];
    const frame = BigInt(JSON.stringify(image).length - image.image_url.url.length + 1);
    expect(three - one).toBe(2n * (1_500n + frame) * PRICE.input);
    expect(one).toBeLessThan(3_000n * PRICE.input);
  });

  test("is held at the context window where no maximum is published", async () => {
    const world = await opened({});
    expect(await heldFor(world, withImages(1))).toBe(128_000n * PRICE.input + PRICE.output);
  });
});

describe("a provider's own cap parameter", () => {
  let world: World;
  beforeAll(async () => {
    world = await opened({ provider: { outputCapParameter: "max_tokens", streamUsage: "always" } });
  });

  test.each([
    ["max_completion_tokens", { max_completion_tokens: 50 }, 50],
    ["max_tokens", { max_tokens: 50 }, 50],
    ["both", { max_tokens: 60, max_completion_tokens: 50 }, 50],
    ["neither", {}, 16_384],
  ])("is the only one that is sent, whichever the client has named: %s", async (_, fields, cap) => {
    const client = await world.client();
    await client.ended(await client.post(chat({ ...fields })));
    expect(world.provider.calls.at(-1)?.json).toEqual({
      ...chat(),
      model: "upstream-model",
      max_tokens: cap,
    });
  });
});

describe("a price tier", () => {
  const prices = {
    inputUsdPerMillion: "1",
    outputUsdPerMillion: "2",
    tiers: [{ aboveInputTokens: 1_000, inputUsdPerMillion: "3", outputUsdPerMillion: "5" }],
  };
  let world: World;
  beforeAll(async () => {
    world = await opened({ model: { prices } });
  });

  test("prices the whole request from its threshold on", async () => {
    for (const [input, amount] of [
      [1_000, 1_000n * 1_000_000n + 10n * 2_000_000n],
      [1_001, 1_001n * 3_000_000n + 10n * 5_000_000n],
    ] as const) {
      const client = await world.client();
      world.provider.next(completion("Hi", usage(input, 10)));
      const response = await client.post(chat({ max_completion_tokens: 10 }));
      const { usage: shown }: { usage: unknown } = JSON.parse(await response.clone().text());
      expect(shown).toMatchObject({ cost: formatUsd(amount) });
      expect((await client.ended(response)).amountPicoUsd).toBe(-amount);
    }
  });

  test("is held at, as soon as the input may reach it", async () => {
    const body = (content: string) =>
      chat({ max_completion_tokens: 1_000, messages: [{ role: "user", content }] });
    expect(await heldFor(world, body("a"))).toBeLessThan(1_000n * 1_000_000n + 1_000n * 2_000_000n + 1n);
    expect(await heldFor(world, body("a".repeat(1_000)))).toBeGreaterThan(
      1_000n * 3_000_000n + 1_000n * 5_000_000n,
    );
  });
});
