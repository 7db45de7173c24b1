import { expect, test } from "vitest";
import { dayNamed, monthNamed, type Period } from "../../lambda/core/report/period.ts";
import { duePeriods } from "../../lambda/reports/due.ts";
import { writeReports } from "../../lambda/reports/run.ts";
import { memoryWorld } from "./memory-world.ts";

function installation() {
  const { world } = memoryWorld(new Map());
  const at = (iso: string) => Date.parse(iso);
  return {
    due: async (now: string) => (await duePeriods(world.objects, at(now))).map(({ name }) => name),
    run: async (period: Period | undefined, now: string) => {
      await writeReports(world, period ?? expect.unreachable(), {
        nowMs: () => at(now),
        shouldStop: () => false,
      });
    },
  };
}

test("the first time, the last two days and the last month are due", async () => {
  const { due } = installation();
  expect(await due("2026-11-23T05:00:00Z")).toEqual(["2026-11-22", "2026-11-21", "2026-10"]);
  expect(await due("2027-01-01T00:00:00Z")).toEqual(["2026-12-31", "2026-12-30", "2026-12"]);
});

test("the last two days are looked at again each hour; a month that is done, no more after its third day", async () => {
  const { due, run } = installation();
  const [yesterday, dayBefore, month] = [
    dayNamed("2026-11-22"),
    dayNamed("2026-11-21"),
    monthNamed("2026-10"),
  ];
  for (const period of [yesterday, dayBefore, month]) await run(period, "2026-11-23T05:00:00Z");
  expect(await due("2026-11-23T06:00:00Z")).toEqual(["2026-11-22", "2026-11-21"]);
});

test("a young month is looked at once a day", async () => {
  const { due, run } = installation();
  const october = monthNamed("2026-10");
  await run(october, "2026-11-01T00:10:00Z");
  expect(await due("2026-11-01T23:00:00Z")).not.toContain("2026-10");
  expect(await due("2026-11-02T00:10:00Z")).toContain("2026-10");
  await run(october, "2026-11-03T00:10:00Z");
  expect(await due("2026-11-03T23:00:00Z")).not.toContain("2026-10");
  expect(await due("2026-11-04T00:10:00Z")).not.toContain("2026-10");
});

test("days that passed while nothing ran are caught up with", async () => {
  const { due, run } = installation();
  await run(dayNamed("2026-11-17"), "2026-11-18T01:00:00Z");
  expect((await due("2026-11-23T05:00:00Z")).slice(0, -1)).toEqual([
    "2026-11-22",
    "2026-11-21",
    "2026-11-20",
    "2026-11-19",
    "2026-11-18",
  ]);
});

test("a day that was reported on while it ran, and a month too, is due when it is over", async () => {
  const { due, run } = installation();
  await run(dayNamed("2026-11-17"), "2026-11-17T15:00:00Z");
  await run(monthNamed("2026-11"), "2026-11-17T15:00:00Z");
  expect(await due("2026-11-23T05:00:00Z")).toContain("2026-11-17");
  expect(await due("2026-12-20T05:00:00Z")).toContain("2026-11");
});
