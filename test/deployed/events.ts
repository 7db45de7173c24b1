/** Events in the forms in which AWS hands them to functions. */
import { proxyEvent } from "../adapters/lambda/events.ts";

let messages = 0;

/** From a queue. */
export function queueEvent(...bodies: readonly string[]): object {
  return {
    Records: bodies.map((body) => {
      messages += 1;
      return {
        messageId: `message-${messages}`,
        receiptHandle: "handle",
        body,
        attributes: { ApproximateReceiveCount: "1" },
        eventSource: "aws:sqs",
      };
    }),
  };
}

/** What a rule of the bus puts into a queue. */
export function envelope({ DetailType, Detail }: { DetailType: string; Detail: string }): string {
  return JSON.stringify({
    version: "0",
    id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": DetailType,
    source: "wlrouter",
    account: "123456789012",
    time: new Date().toISOString(),
    region: "eu-central-1",
    resources: [],
    detail: JSON.parse(Detail),
  });
}

/** From the Ledger table's stream: items as they were put. */
export function streamEvent(items: readonly Record<string, unknown>[]): object {
  return {
    Records: items.map((NewImage, index) => ({
      eventID: String(index),
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      dynamodb: {
        Keys: { accountId: NewImage["accountId"], entryId: NewImage["entryId"] },
        NewImage,
        SequenceNumber: String(1_000 + index),
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
    })),
  };
}

/** A request of a client of the API. */
export function apiEvent(key: string, method: string, path: string, body?: object): Record<string, unknown> {
  const [pathname = "", search = ""] = path.split("?");
  const query = [...new URLSearchParams(search)].map(([name, value]) => [name, [value]]);
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  return proxyEvent({
    path: pathname,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: search ? Object.fromEntries(query) : null,
    pathParameters: { proxy: pathname.slice(1) },
    body: body ? JSON.stringify(body) : null,
  });
}
