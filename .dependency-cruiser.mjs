// Which file may import which: `handler.ts -> adapters -> core`, one way. `npm run check` enforces it, and
// test/house/import-directions.test.ts shows each rule going red. Type-only imports count like any other.

const ROOM = "lambda/(?!core/|adapters/)[^/]+/";
const HANDLER = "^lambda/.+/handler\\.ts$";
const OURS = "^(bin|lib|lambda|local|test|bench)/";
/** Plain data that deploy time and run time share. */
const DEFINITIONS = "lambda/adapters/(dynamodb/tables|eventbridge/rules|s3/lake-schema)\\.ts";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "core-imports-core-only",
      comment:
        "The rules of money must run anywhere and replay exactly: no npm package, no Node module, no adapter. " +
        "Name a port (an interface) in core and implement it in an adapter.",
      severity: "error",
      from: { path: "^lambda/core/" },
      to: { pathNot: "^lambda/core/" },
    },
    {
      name: "adapters-import-core-only",
      comment:
        "An adapter translates one outside system into core's words. It may import core, lambda/env.ts and its own " +
        "folder; what two adapters share is a rule and belongs to core, and wiring them is the handler's work.",
      severity: "error",
      from: { path: "^lambda/adapters/([^/]+)/" },
      to: { path: OURS, pathNot: "^(lambda/(core/|env\\.ts$)|lambda/adapters/$1/)" },
    },
    {
      name: "adapters-stay-in-a-folder",
      comment:
        "One folder for each outside system; a file beside the folders would be a helper for everybody.",
      severity: "error",
      from: {},
      to: { path: "^lambda/adapters/[^/]+$" },
    },
    {
      name: "rooms-import-core-only",
      comment:
        "A room's files speak to core's ports; only its handler.ts knows which adapters stand behind them. " +
        "So a room runs unchanged in Lambda, on one machine and in a test.",
      severity: "error",
      from: { path: `^${ROOM}`, pathNot: HANDLER },
      to: { path: "^lambda/(adapters/|env\\.ts$)" },
    },
    {
      name: "rooms-import-no-handler",
      comment:
        "A handler is where everything is wired, with side effects on import; nothing of its room imports it.",
      severity: "error",
      from: { path: `^${ROOM}` },
      to: { path: HANDLER },
    },
    {
      name: "rooms-import-no-rooms",
      comment:
        "Rooms meet in the tables and on the event bus, never in code, handlers included. " +
        "What two rooms need is a rule (core) or an outside system (adapters).",
      severity: "error",
      from: { path: "^lambda/((?!core/|adapters/)[^/]+)/" },
      to: { path: `^${ROOM}`, pathNot: "^lambda/$1/" },
    },
    {
      name: "pages-import-types-only",
      comment:
        "The console's page runs in a browser: of the rest it may know the types of the console's API, which are gone " +
        "when it is built.",
      severity: "error",
      from: { path: "^lambda/console/web/" },
      to: { path: OURS, pathNot: "^lambda/(console/web|core)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "nothing-imports-pages",
      comment: "A page is built into files that are served; no function loads its sources.",
      severity: "error",
      from: { path: OURS, pathNot: "^(lambda/console/web|test)/" },
      to: { path: "^lambda/console/web/" },
    },
    {
      name: "env-imports-nothing",
      comment:
        "lambda/env.ts is a list of names that deploy time and run time share; it must cost neither anything.",
      severity: "error",
      from: { path: "^lambda/env\\.ts$" },
      to: {},
    },
    {
      name: "lambda-imports-lambda-only",
      comment: "What runs in the function knows nothing of how it is deployed, started locally or tested.",
      severity: "error",
      from: { path: "^lambda/" },
      to: { path: OURS, pathNot: "^lambda/" },
    },
    {
      name: "lib-imports-definitions-only",
      comment:
        "Deploy time and run time share facts: the names of environment variables, the tables, which events go where, " +
        "the lake's columns. Constructs name handlers by path; they never load them.",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: OURS, pathNot: `^(lib/|lambda/env\\.ts$|${DEFINITIONS}$)` },
    },
    {
      name: "no-circles",
      comment: "Two files that need each other are one file, or have a third idea between them.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unresolvable-files",
      comment: "A path that leads nowhere would escape every rule above.",
      severity: "error",
      from: {},
      to: { path: "^\\.", couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(cdk\\.out|\\.wlrouter|coverage|lambda/console/web/dist)/" },
  },
};
