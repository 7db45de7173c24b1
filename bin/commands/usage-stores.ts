import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BusEvent } from "../../lambda/core/events.ts";
import type { ObjectStore } from "../../lambda/core/ports.ts";
import type { ConsumerTables } from "../../local/consumer-stores.ts";
import type { QueryResult } from "../../local/lake-database.ts";
import { Failure } from "./failures.ts";

/** What an installation does with usage, apart from its ledger. */
export interface UsageStores {
  /** Puts events on the bus, as if their entries were new. @throws Failure when some were not taken. */
  publish(events: readonly BusEvent[]): Promise<void>;
  /** One SELECT over the lake, in which `usage` has each charge once. @throws Failure */
  query(sql: string): Promise<QueryResult>;
}

export interface LocalUsagePlace {
  readonly folder: string;
  readonly bucket: string;
  readonly dynamodbEndpoint: string;
  readonly tables: ConsumerTables;
  objects(): Promise<ObjectStore>;
}

/** The same consumers as in the server, in this process: they meet in the tables and in the lake. */
export function localUsage({
  folder,
  bucket,
  dynamodbEndpoint,
  tables,
  objects,
}: LocalUsagePlace): UsageStores {
  const refused: string[] = [];
  const consumers = once(async () => {
    const { createConsumers } = await import("../../local/consumers.ts");
    const { openConsumerStores } = await import("../../local/consumer-stores.ts");
    const { newLakeName } = await import("../../local/usage.ts");
    return createConsumers({
      objects: await objects(),
      stores: openConsumerStores(dynamodbEndpoint, tables),
      pause: (milliseconds) => pause(milliseconds),
      newName: newLakeName,
      bury: ({ target, event, cause }) =>
        refused.push(`${target} did not take ${JSON.stringify(event.detail)}: ${String(cause)}`),
    });
  });
  return {
    async publish(events) {
      const { bus, lake } = await consumers();
      await bus.publish(events);
      await bus.settled();
      await lake.write(lake.collected());
      const [first] = refused;
      if (first) throw new Failure(`${refused.length} events were not taken; the first: ${first}`);
    },
    async query(sql) {
      const { DuckDbMissing, QueryRefused, queryLake } = await import("../../local/lake-database.ts");
      try {
        return await queryLake(path.join(folder, "s3", bucket), sql);
      } catch (error) {
        if (error instanceof DuckDbMissing || error instanceof QueryRefused) throw new Failure(error.message);
        throw error;
      }
    },
  };
}

/** The deployed bus and Athena, loaded only by the commands that need them. */
export function stackUsage(): UsageStores {
  const bus = once(async () => {
    const { createEventBridgeClient, createEventBus } = await import(
      "../../lambda/adapters/eventbridge/bus.ts"
    );
    const { BUS_NAME } = await import("../../lambda/adapters/eventbridge/rules.ts");
    return createEventBus(createEventBridgeClient(), BUS_NAME, (milliseconds) => pause(milliseconds));
  });
  return {
    async publish(events) {
      const { failed, cause } = await (await bus()).publish(events);
      if (failed.length > 0)
        throw new Failure(`the bus did not take ${failed.length} events: ${String(cause)}`);
    },
    async query(sql) {
      const { queryAthena } = await import("./athena.ts");
      return queryAthena(sql);
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
