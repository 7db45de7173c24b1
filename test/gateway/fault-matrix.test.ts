import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { expectSoundBooks } from "../contract/books.ts";
import type { Behavior } from "../fakes/provider-server.ts";
import { chat } from "./completions.ts";
import { FAULTS, type Fault, FINE } from "./fault-cells.ts";
import { openWorld, PRICE, type World } from "./world.ts";

type Mode = "whole" | "streamed";

interface Cell {
  readonly name: string;
  readonly mode: Mode;
  readonly fault: Fault;
  readonly behavior: Behavior;
}

interface Seen {
  readonly cell: Cell;
  readonly response: Response;
  readonly text: string;
  readonly entry: Entry;
  readonly accountId: string;
  /** How many calls each provider's server got. */
  readonly calls: readonly [number, number];
}

const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  (["whole", "streamed"] as const).flatMap((mode) => {
    const behavior = fault[mode];
    return behavior ? [{ name: `${fault.name}/${mode}`, mode, fault, behavior }] : [];
  }),
);

const COST = 10n * PRICE.input + 2n * PRICE.output;
const ESTIMATE = 9n * PRICE.input + 2n * PRICE.output;

/** The discard service's port: below those that the OS hands out, so that no other test comes to listen there. */
const NOBODY = "http://127.0.0.1:9/v1";

/** A label of 64 letters is no name: the resolver says so itself, and asks no server that may say something else. */
const NO_HOST = `${"a".repeat(64)}.invalid`;

/** Where a deadline is not what is tried. What hangs all the same is then told as that cell's answer. */
const NEVER_NEEDED = { firstByteMs: 20_000, idleMs: 20_000 };

let world: World;
let seen: readonly Seen[];

beforeAll(async () => {
  world = await openWorld({
    routes: 2,
    provider: { timeouts: NEVER_NEEDED },
    late: ([p1]) => faultyProviders(p1 ?? ""),
  });
  const [first, second] = world.providers;
  const behaviors = new Map(CELLS.map(({ name, behavior }) => [name, behavior]));
  first?.always((response, call) => behaviors.get(userOf(call.json))?.(response, call));
  second?.always((response, call) => {
    const isStream = typeof call.json === "object" && call.json !== null && Reflect.get(call.json, "stream");
    return FINE[isStream ? "streamed" : "whole"](response, call);
  });
  seen = await Promise.all(CELLS.map(play));
});
afterAll(() => world.close());

/** The first route's stand-in, with deadlines of its own, and where there is none. */
function faultyProviders(p1: string) {
  const kind = "openai-compatible" as const;
  const providers = {
    refused: { kind, baseUrl: NOBODY, timeouts: NEVER_NEEDED },
    nameless: { kind, baseUrl: `https://${NO_HOST}/v1`, timeouts: NEVER_NEEDED },
    tls: { kind, baseUrl: p1.replace("http:", "https:"), timeouts: NEVER_NEEDED },
    hasty: { kind, baseUrl: p1, timeouts: { firstByteMs: 50 } },
    impatient: { kind, baseUrl: p1, timeouts: { idleMs: 50 } },
    brief: { kind, baseUrl: p1, timeouts: { totalMs: 3_000 } },
  };
  const models = Object.keys(providers).map((provider) => ({
    id: `test/${provider}`,
    routes: [
      { provider, model: "upstream-model" },
      { provider: "p2", model: "upstream-model" },
    ],
  }));
  return { providers, models };
}

function userOf(body: unknown): string {
  return typeof body === "object" && body !== null ? String(Reflect.get(body, "user")) : "";
}

async function play(cell: Cell): Promise<Seen> {
  const client = await world.client();
  const model = `test/${cell.fault.provider ?? "model"}`;
  const response = await client.post(chat({ model, user: cell.name, stream: cell.mode === "streamed" }));
  const text = await response.clone().text();
  const entry = await client.ended(response);
  const [first = 0, second = 0] = world.providers.map(
    ({ calls }) => calls.filter(({ json }) => userOf(json) === cell.name).length,
  );
  return { cell, response, text, entry, accountId: client.accountId, calls: [first, second] };
}

describe("whatever fails on the first of two routes", () => {
  test("every request has one end, its books are sound and nothing is written off", async () => {
    for (const { accountId, entry, cell } of seen) {
      const account = await expectSoundBooks(world.router, accountId);
      // The top-up and the request's one entry.
      expect([cell.name, account.sequence, account.holds.size]).toEqual([cell.name, 2, 0]);
      expect(entry.writeOffPicoUsd).toBe(0n);
      expect(account.availablePicoUsd).toBe(account.postedPicoUsd);
    }
  });

  test("the second route is asked exactly where nothing of an answer can exist, and at most once", () => {
    for (const { cell, calls, entry } of seen) {
      const isAskedAgain =
        /^(the connection|the host|TLS|408|429|5|40[13]|a redirect|malformed|an empty)|before output/;
      const mayExist =
        /deadline|more than/.test(cell.name) || cell.name === "reset in the body, before output/whole";
      const isExpected = cell.name.startsWith("reset before") || (isAskedAgain.test(cell.name) && !mayExist);
      const isOversizeStream = cell.name === "more than an answer may have, before output/streamed";
      expect([cell.name, calls[1]]).toEqual([cell.name, isExpected || isOversizeStream ? 1 : 0]);
      if (calls[1] === 1) {
        expect(entry).toMatchObject({
          amountPicoUsd: -COST,
          charge: { provider: "p2", outcome: "completed" },
        });
      }
    }
  });

  test("nothing is charged without output, and what came is charged once", () => {
    for (const { cell, entry, calls } of seen.filter(({ calls }) => calls[1] === 0)) {
      const expected = /output and usage/.test(cell.name)
        ? COST
        : /after output/.test(cell.name)
          ? ESTIMATE
          : 0n;
      expect([cell.name, entry.amountPicoUsd, calls[0]]).toEqual([cell.name, -expected, 1]);
    }
  });

  test("a broken answer never looks like a whole one", () => {
    for (const { cell, text, response, entry } of seen) {
      const isWhole = entry.charge?.outcome === "completed";
      const isError = response.status !== 200 || text.includes('"error"');
      expect([cell.name, isError]).toEqual([cell.name, !isWhole]);
      if (cell.mode === "streamed") expect(text.includes("[DONE]")).toBe(isWhole);
      if (isWhole) expect(response.headers.get("x-wlrouter-provider")).toBe("p2");
    }
  });

  test("docs/routing.md says what was seen; `npm test -- -u` writes the table again", async () => {
    const document = await readFile("docs/routing.md", "utf8");
    const [prose = ""] = document.split(MARK);
    await expect(`${prose}${MARK}\n\n${table(seen)}\n`).toMatchFileSnapshot("../../docs/routing.md");
  });
});

const MARK = "<!-- test/gateway/fault-matrix.test.ts writes what follows -->";

function table(rows: readonly Seen[]): string {
  const head = [
    "| what the first route does | request | calls | answered | outcome | charged | tried |",
    "|---|---|---|---|---|---|---|",
  ];
  return [...head, ...rows.map(row)].join("\n");
}

function row({ cell, response, text, entry, calls }: Seen): string {
  const charge = entry.charge;
  const completed = charge?.outcome === "completed";
  const answered = completed
    ? `by the ${charge?.provider === "p2" ? "second" : "first"}`
    : response.status === 200
      ? `200, then ${/"code":"(\w+)"/.exec(text)?.[1]}`
      : String(response.status);
  const columns = [
    cell.fault.name,
    cell.mode,
    calls.join(" + "),
    answered,
    charge?.outcome,
    charged(entry.amountPicoUsd),
    charge?.tried ?? "",
  ];
  return `| ${columns.join(" | ")} |`;
}

function charged(amountPicoUsd: bigint): string {
  if (amountPicoUsd === 0n) return "nothing";
  if (amountPicoUsd === -COST) return "the usage";
  return amountPicoUsd === -ESTIMATE ? "the text, estimated" : `${amountPicoUsd}`;
}
