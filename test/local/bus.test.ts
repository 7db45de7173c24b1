import { expect, test } from "vitest";
import { RULES } from "../../lambda/adapters/eventbridge/rules.ts";
import type { BusEvent } from "../../lambda/core/events.ts";
import { createLocalBus, type DeadLetter, type EventPattern } from "../../local/bus.ts";

function moved(type: "balance.credited" | "balance.adjusted", entryId: string): BusEvent {
  const detail = { version: 1, entry_id: entryId, account_id: "acct_1", type: "topup" };
  return {
    type,
    detail: {
      ...detail,
      amount_pico_usd: "1",
      write_off_pico_usd: "0",
      fee_pico_usd: "0",
      created_at: "2026-11-23T10:00:00.000Z",
    },
  };
}

/** A bus with one target that has the given pattern and throws at the events it is told to. */
function openBus(pattern: EventPattern, throwsAt: (entryId: string) => boolean = () => false) {
  const batches: string[][] = [];
  const buried: DeadLetter[] = [];
  const pauses: number[] = [];
  const idOf = ({ detail }: BusEvent) => ("entry_id" in detail ? detail.entry_id : detail.event_id);
  const target = {
    name: "target",
    pattern,
    async take(events: readonly BusEvent[]) {
      const ids = events.map(idOf);
      if (ids.some(throwsAt)) throw new Error(`poison among ${ids.length}`);
      batches.push(ids);
    },
  };
  const bus = createLocalBus([target], {
    pause: async (milliseconds) => void pauses.push(milliseconds),
    bury: (letter) => buried.push(letter),
  });
  return { bus, batches, buried, pauses };
}

test("A target gets the events of its pattern, by type and by detail, and no others.", async () => {
  for (const [pattern, expected] of [
    [RULES.lowBalance, ["a", "b"]],
    [RULES.lake, []],
    [{ source: ["wlrouter"], "detail-type": ["balance.adjusted"] }, ["b"]],
    [{ source: ["somebody.else"] }, []],
    [{ detail: { entry_id: ["a"] } }, ["a"]],
    [{ detail: { nothing: { deeper: ["a"] } } }, []],
  ] as const satisfies [EventPattern, string[]][]) {
    const { bus, batches } = openBus(pattern);
    expect(await bus.publish([moved("balance.credited", "a"), moved("balance.adjusted", "b")])).toEqual({
      failed: [],
    });
    await bus.settled();
    expect(batches.flat()).toEqual(expected);
  }
});

test("A poison event is buried with its cause after three tries, and the rest of its batch arrives.", async () => {
  const { bus, batches, buried, pauses } = openBus(RULES.lowBalance, (id) => id === "bad");
  await bus.publish(["a", "bad", "b"].map((id) => moved("balance.credited", id)));
  await bus.settled();
  expect(batches).toEqual([["a"], ["b"]]);
  expect(buried).toMatchObject([{ target: "target", event: { detail: { entry_id: "bad" } } }]);
  expect(String(buried[0]?.cause)).toContain("poison among 1");
  expect(pauses).toEqual([100, 200]);
});

test("What fails for a while arrives when it no longer does.", async () => {
  let failures = 2;
  const { bus, batches, buried } = openBus(RULES.lowBalance, () => failures-- > 0);
  await bus.publish([moved("balance.credited", "a")]);
  await bus.settled();
  expect([batches, buried]).toEqual([[["a"]], []]);
});

test("Settled means: all that was published before has been taken.", async () => {
  const { bus, batches } = openBus(RULES.lowBalance);
  const ids = Array.from({ length: 1_234 }, (_, i) => `e${i}`);
  for (const id of ids) await bus.publish([moved("balance.credited", id)]);
  await bus.settled();
  expect(batches.flat()).toEqual(ids);
  // Together where they came together.
  expect(batches.length).toBeLessThan(ids.length);
});

test("A dead letter that cannot be kept stops nothing.", async () => {
  const taken: BusEvent[] = [];
  const take = async (events: readonly BusEvent[]) => {
    if (taken.push(...events) <= 3) throw new Error("no");
  };
  const bus = createLocalBus([{ name: "target", pattern: {}, take }], {
    pause: async () => {},
    bury: () => {
      throw new Error("the disk is full");
    },
  });
  await bus.publish([moved("balance.credited", "a")]);
  await bus.publish([moved("balance.credited", "b")]);
  await bus.settled();
  expect(taken.at(-1)).toMatchObject({ detail: { entry_id: "b" } });
});
