import { afterAll, describe, expect, test } from "vitest";
import { type Exploration, explore } from "./model/explore.ts";
import { type GuardName, guards } from "./model/guards.ts";
import { newModel } from "./model/model.ts";
import type { Scenario } from "./model/protocol.ts";
import { largeScenarios, replayedHold, scenarioNamed, scenarios, stampedHold } from "./model/scenarios.ts";

/**
 * WLROUTER_MODEL_STATES adds the large scenarios and bounds every search: a number of states for each, or "unlimited".
 * Without it the standard scenarios are searched whole.
 */
const bound = boundFrom(process.env["WLROUTER_MODEL_STATES"]);
const patienceMs = 24 * 3600 * 1000;
const searched: Exploration[] = [];
let mutantsKilled = 0;

afterAll(() => {
  const sum = (of: (search: Exploration) => number) =>
    searched.reduce((total, search) => total + of(search), 0).toLocaleString("en");
  console.log(
    `ledger model: ${searched.length} scenarios (${sum((search) => Number(search.complete))} searched whole), ` +
      `${sum((search) => search.states)} states, ${sum((search) => search.transitions)} transitions, ` +
      `${mutantsKilled} of ${guards.size} mutants killed`,
  );
});

describe("the ledger protocol", () => {
  test(
    "keeps every invariant in every reachable state of every scenario",
    () => {
      const all = bound === undefined ? scenarios : [...scenarios, ...largeScenarios];
      for (const scenario of all) searched.push(proven(scenario));
      const states = searched.reduce((total, search) => total + search.states, 0);
      if (bound === undefined) expect(states).toBeGreaterThanOrEqual(1_000_000);
    },
    patienceMs,
  );

  test("charges twice when the attempt number is left out of the hold string", () => {
    const { violation } = explore(newModel(scenarioNamed("one-request"), "hold.attemptNamed"));
    expect(violation?.invariant).toBe("3: posted is not the sum of entries");
    const order = ["HOLD", "HOLD", "SETTLE", "DRAIN put", "DRAIN clear", "HOLD", "SETTLE"];
    const writes = (violation?.trace ?? []).flatMap(
      (line) => /HOLD|SETTLE|DRAIN (put|clear)/.exec(line)?.[0] ?? [],
    );
    expect(writes).toEqual(order);
  });

  test("charges twice when the network replays one and the same HOLD, which is why nobody may resend one", () => {
    expect(explore(newModel(replayedHold)).violation?.invariant).toBe("3: posted is not the sum of entries");
  });

  test(
    "would survive even a replayed HOLD if the hold carried the sequence at which it landed",
    () => {
      expect(proven(stampedHold).complete).toBe(true);
      expect(explore(newModel(stampedHold, "hold.attemptNamed")).violation).toBeNull();
    },
    patienceMs,
  );
});

describe("a mutant breaks an invariant that goes without", () => {
  test.each([...guards])(
    "%s",
    (name, { foundIn }) => {
      const { violation } = explore(newModel(scenarioNamed(foundIn), name));
      expect(violation, `without ${name} nothing is broken in ${foundIn}`).not.toBeNull();
      mutantsKilled += 1;
    },
    patienceMs,
  );
});

/** Searches the scenario and prints the shortest way to a violation, if there is one. */
function proven(scenario: Scenario, without?: GuardName): Exploration {
  const search = explore(newModel(scenario, without), bound);
  const { violation, states, complete } = search;
  const trace = violation === null ? "" : `${violation.invariant}\n${violation.trace.join("\n")}`;
  expect(trace, `${scenario.name}: ${scenario.about}`).toBe("");
  expect(complete || states >= (bound ?? Number.POSITIVE_INFINITY), `${scenario.name} was searched`).toBe(
    true,
  );
  return search;
}

function boundFrom(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "unlimited") return Number.POSITIVE_INFINITY;
  if (/^[1-9][0-9]*$/.test(text)) return Number(text);
  throw new Error(`WLROUTER_MODEL_STATES is "${text}"; it takes a whole number of states or "unlimited"`);
}
