import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process for each file: tests start servers, read process.env and load native modules, and none may see another's.
    pool: "forks",
    // Tests start child processes of their own; more workers than this only make them wait for each other.
    maxWorkers: 2,
    // Generous, because a limit is there to end what hangs, not to measure: machines are slow and shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
