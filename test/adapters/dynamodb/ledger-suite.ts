import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { NO_FAULTS } from "../../fakes/fault-plans.ts";
import { creditSuite, lostCreditSuite, negativeCreditSuite } from "./credit-suite.ts";
import { expireSuite, lateSuite, standstillSuite } from "./expire-suite.ts";
import { fullAccountSuite, holdSuite, lostHoldSuite, refusalSuite } from "./hold-suite.ts";
import { keyGiveBackSuite, keyLimitSuite } from "./key-limit-suite.ts";
import { type ClientKind, type LedgerWorld, openWorld, type StartStore } from "./ledger-world.ts";
import { drainSuite, overrunSuite, releaseSuite, settleSuite } from "./settle-suite.ts";
import { sizeSuite } from "./size-suite.ts";

const SUITES = [
  holdSuite,
  refusalSuite,
  lostHoldSuite,
  fullAccountSuite,
  settleSuite,
  overrunSuite,
  releaseSuite,
  drainSuite,
  creditSuite,
  lostCreditSuite,
  negativeCreditSuite,
  keyLimitSuite,
  keyGiveBackSuite,
  expireSuite,
  standstillSuite,
  lateSuite,
  sizeSuite,
];

/** What the ledger promises, on whichever store speaks DynamoDB: every operation, refusal, loss and repetition. */
export function ledgerSuite(name: string, startStore: StartStore, client: ClientKind): void {
  describe(`The ledger on ${name}, by the ${client} client`, () => {
    let opened: LedgerWorld | undefined;
    const world = () => {
      if (!opened) throw new Error("the store has not started");
      return opened;
    };
    beforeAll(async () => {
      opened = await openWorld(startStore, { client, seed: 1, lateByAtMost: Number.MAX_SAFE_INTEGER });
    });
    afterEach(async () => {
      world().proxy.plan = NO_FAULTS;
      await world().proxy.flush();
    });
    afterAll(async () => {
      await opened?.close();
    });
    for (const suite of SUITES) suite(world);
  });
}
