import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Router, startRouter } from "../fakes/router.ts";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let router: Router;
let world: CliWorld;
beforeAll(async () => {
  router = await startRouter();
  world = await startCliWorld(router.dynamo);
  for (const tag of ["a", "b", "a"]) await chat(tag);
});
afterAll(async () => {
  await world.close();
  await router.close();
});

async function chat(tag: string): Promise<void> {
  const answer = await fetch(`${router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}`, "x-wlrouter-tag": tag },
    body: JSON.stringify({ model: "demo/echo", messages: [{ role: "user", content: "one two three" }] }),
  });
  await answer.text();
}

test("An account's usage is what the API says of it.", async () => {
  for (const by of ["model", "key", "day", "tag"]) {
    const headers = { authorization: `Bearer ${router.key}` };
    const answer = await fetch(`${router.baseUrl}/usage?group_by=${by}`, { headers });
    const { data } = JSON.parse(await answer.text());
    expect(await world.json("usage", router.accountId, "--by", by)).toEqual(data);
    expect(data.length).toBeGreaterThan(0);
  }
  const { out } = await world.cli("usage", router.accountId, "--by", "tag");
  expect(out).toMatch(/^TAG +REQUESTS .* COST\na +2 .* 0\.000003\nb +1 .* 0\.0000015\n$/);
});

test("A replay brings what is missing into the lake, and another one changes nothing.", async () => {
  const counted = "SELECT count(*) AS charges, sum(cost_pico_usd) AS cost FROM usage";
  expect(await world.json("usage", "query", counted)).toEqual([{ charges: "0", cost: null }]);
  for (const _ of [1, 2, 3]) {
    // Three charges and a top-up.
    expect(await world.json("usage", "replay")).toMatchObject({ events: 4 });
    expect(await world.json("usage", "query", counted)).toEqual([{ charges: "3", cost: "4500000" }]);
  }
});

test("A query's answer is a table for people; nothing found is only its head.", async () => {
  await world.json("usage", "replay");
  const { out } = await world.cli(
    "usage",
    "query",
    "SELECT tag, count(*) AS n FROM usage GROUP BY 1 ORDER BY 1",
  );
  expect(out).toBe("tag  n\na    2\nb    1\n");
  expect(await world.json("usage", "query", "SELECT 1 AS one WHERE false")).toEqual([]);
});

describe("A query can only read the lake:", () => {
  test.each([
    ["a table to be dropped", "DROP VIEW usage", "SELECT"],
    ["a file to be written", "COPY (SELECT 1) TO 'x.csv'", "disabled by configuration"],
    ["a file to be written beside the lake's", "COPY (SELECT 1) TO 'LAKE/x.csv'", "write a SELECT"],
    ["another file", "SELECT * FROM read_text('/etc/hostname')", "disabled by configuration"],
    ["settings to be changed", "SET enable_external_access = true", "SELECT"],
    ["two statements", "SELECT 1; SELECT 2", "one statement"],
    ["no SQL", "how much?", "syntax error"],
    ["nothing", "", "one statement"],
    ["an unknown column", "SELECT colour FROM usage", "colour"],
  ])("%s", async (_, sql, says) => {
    const said = await world.cli("usage", "query", sql.replace("LAKE", `${world.folder}/s3/wlrouter/usage`));
    expect(said).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining(says) });
  });
});

describe("Days that cannot be asked for are refused:", () => {
  test.each([
    [["--from", "2026-02-30"], "calendar"],
    [["--from", "2026-11-02", "--to", "2026-11-01"], "after"],
    [["--to", "2999-01-01"], "future"],
    [["--by", "colour"], "model"],
  ])("%j", async (options, says) => {
    const said = await world.cli("usage", router.accountId, ...options);
    expect(said).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(says) });
  });

  test("by a replay too", async () => {
    const said = await world.cli("usage", "replay", "--from", "2026-11-02", "--to", "2026-11-01");
    expect(said).toMatchObject({ exitCode: 2, err: expect.stringContaining("after") });
  });
});

test("An unknown account is named.", async () => {
  const said = await world.cli("usage", "acct_nobody");
  expect(said).toMatchObject({ exitCode: 1, err: expect.stringContaining('"acct_nobody"') });
});
