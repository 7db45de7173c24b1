import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface PublishedEvent {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

export interface FakeEventBridge {
  readonly endpoint: string;
  readonly taken: PublishedEvent[];
  /** How many entries each call had. */
  readonly calls: number[];
  /** Asked of each entry; true leaves it out with an error of its own. */
  refuse: (event: PublishedEvent) => boolean;
  close(): Promise<void>;
}

/** PutEvents as EventBridge answers it: each entry is taken or refused by itself. */
export async function startEventBridge(): Promise<FakeEventBridge> {
  const server = createServer(async (request, response) => {
    const { Entries }: { Entries: PublishedEvent[] } = JSON.parse(await text(request));
    fake.calls.push(Entries.length);
    const results = Entries.map((event) => {
      if (fake.refuse(event)) return { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };
      fake.taken.push(event);
      return { EventId: `event-${fake.taken.length}` };
    });
    const FailedEntryCount = results.filter(({ ErrorCode }) => ErrorCode).length;
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ FailedEntryCount, Entries: results }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const fake: FakeEventBridge = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: [],
    calls: [],
    refuse: () => false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}
