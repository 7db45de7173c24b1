import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import {
  type Fetch,
  type StreamHandlerOptions,
  streamHandler,
} from "../../../lambda/adapters/lambda/stream-handler.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import { proxyEvent } from "./events.ts";
import {
  AWS_REQUEST_ID,
  type Invocation,
  installStreamingGlobal,
  invoke,
  neverRead,
  type Reader,
} from "./fake-runtime.ts";

beforeAll(installStreamingGlobal);

const EVENT_STREAM = { "content-type": "text/event-stream" };

interface Outcome extends Invocation {
  readonly reports: readonly unknown[];
}

async function run(fetch: Fetch, options: StreamHandlerOptions & { reader?: Reader; event?: unknown } = {}) {
  const reports: unknown[] = [];
  const handler = streamHandler(fetch, { report: (error) => reports.push(error), ...options });
  const event = "event" in options ? options.event : proxyEvent();
  return { ...(await invoke(handler, event, options.reader)), reports } satisfies Outcome;
}

/** A body of these chunks, one a pull; an Error among them breaks it there. */
function bodyOf(...chunks: (string | Error)[]): ReadableStream<Uint8Array> {
  const left = chunks.values();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = left.next();
      if (done) controller.close();
      else if (value instanceof Error) controller.error(value);
      else controller.enqueue(new TextEncoder().encode(value));
    },
  });
}

/** A gateway's answer as it is in earnest: settle and drain begin when the body has been read, and take a while. */
function settlingAnswer(log: string[], ...chunks: (string | Error)[]): Fetch {
  return (_request, context) => {
    const { promise: bodyRead, resolve } = Promise.withResolvers<void>();
    context.waitUntil(
      bodyRead.then(async () => {
        await new Promise(setImmediate);
        log.push("settled");
        context.waitUntil(new Promise(setImmediate).then(() => log.push("drained")));
      }),
    );
    const source = bodyOf(...chunks).getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { value, done } = await source.read();
          if (value) return controller.enqueue(value);
          if (done) controller.close();
        } catch (error) {
          controller.error(error);
        }
        resolve();
      },
    });
    return new Response(body, { headers: EVENT_STREAM });
  };
}

test("status, headers and cookies go ahead as JSON, then eight NULs, then the body", async () => {
  const headers = new Headers({ "content-type": "application/json", "x-request-id": "req_1" });
  headers.append("set-cookie", "a=1; HttpOnly");
  headers.append("set-cookie", "b=2");
  const answer = await run(() => new Response('{"ok":true}', { status: 402, headers }));
  expect(answer.contentType).toBe("application/vnd.awslambda.http-integration-response");
  expect(answer.prelude).toEqual({
    statusCode: 402,
    headers: { "content-type": "application/json", "x-request-id": "req_1" },
    cookies: ["a=1; HttpOnly", "b=2"],
  });
  expect(answer.body).toBe('{"ok":true}');
  expect(answer.ended).toBe(true);
});

test("a stream's chunks are forwarded one by one, empty ones left out", async () => {
  const answer = await run(
    () => new Response(bodyOf("data: 1\n\n", "", "data: 2\n\n"), { headers: EVENT_STREAM }),
  );
  expect(answer.chunks.slice(2).map(String)).toEqual(["data: 1\n\n", "data: 2\n\n"]);
});

test("a response without a body still sends its status and ends", async () => {
  const answer = await run(() => new Response(null, { status: 204 }));
  expect(answer.prelude).toMatchObject({ statusCode: 204 });
  expect(answer.body).toBe("");
  expect(answer.ended).toBe(true);
});

test("the gateway gets the deadline, and a hono context", async () => {
  const before = Date.now();
  const { body } = await run((_request, context) => {
    context.passThroughOnException();
    return Response.json({ left: context.deadlineMs - before, awsRequestId: context.awsRequestId });
  });
  expect(JSON.parse(body)).toEqual({ left: expect.any(Number), awsRequestId: AWS_REQUEST_ID });
  expect(JSON.parse(body).left).toBeGreaterThanOrEqual(900_000);
});

test("no more is asked of the body while the client takes nothing", async () => {
  let pulled = 0;
  let pulledAtFirstWrite = 0;
  const chunk = new Uint8Array(1000);
  const body = new ReadableStream<Uint8Array>(
    { pull: (controller) => (++pulled > 50 ? controller.close() : controller.enqueue(chunk)) },
    { highWaterMark: 0 },
  );
  const slow: Reader = async (_chunk, taken) => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    pulledAtFirstWrite ||= pulled;
    taken();
  };
  const answer = await run(() => new Response(body), { reader: slow });
  expect(pulledAtFirstWrite).toBe(1);
  expect(answer.body).toHaveLength(50_000);
});

test("settle and drain have run when the handler returns", async () => {
  const log: string[] = [];
  const answer = await run(settlingAnswer(log, "data: 1\n\n", "data: [DONE]\n\n"));
  expect(log).toEqual(["settled", "drained"]);
  expect(answer.body).toBe("data: 1\n\ndata: [DONE]\n\n");
});

test("the client has its end before settle and drain are waited for", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const handler = streamHandler((_request, context) => {
    context.waitUntil(ended);
    return new Response("ok");
  });
  const reader: Reader = (chunk, taken) => {
    taken();
    // Only once the body has gone out does the settlement come free.
    if (String(chunk) === "ok") end();
  };
  expect((await invoke(handler, proxyEvent(), reader)).body).toBe("ok");
});

test("a body that breaks ends with an error event that SDKs raise, and is settled", async () => {
  const log: string[] = [];
  const broken = new Error("connection to 10.0.0.1 lost with Bearer sk-secret");
  const answer = await run(settlingAnswer(log, "data: 1\n\n", broken));
  const [first, last] = answer.body.split(/(?<=data: 1\n\n)/);
  expect(first).toBe("data: 1\n\n");
  expect(last).toMatch(/^data: .*\n\n$/);
  expect(JSON.parse(last?.slice("data: ".length) ?? "")).toEqual({
    error: {
      message: "The answer broke off.",
      type: "server_error",
      param: null,
      code: "internal_error",
      request_id: AWS_REQUEST_ID,
    },
  });
  expect(answer.ended).toBe(true);
  expect(answer.destroyCalled).toBe(false);
  expect(answer.reports).toEqual([broken]);
  expect(log).toEqual(["settled", "drained"]);
});

test("an error that is meant for the client keeps its code", async () => {
  const error = new GatewayError("upstream_timeout", "The provider fell silent.");
  const answer = await run(() => new Response(bodyOf("data: 1\n\n", error), { headers: EVENT_STREAM }));
  expect(answer.body).toContain('"message":"The provider fell silent."');
  expect(answer.body).toContain('"code":"upstream_timeout"');
});

test("a body that breaks before its first byte is an ordinary error, not a success", async () => {
  const answer = await run(() => new Response(bodyOf(new Error("boom")), { headers: EVENT_STREAM }));
  expect(answer.prelude).toMatchObject({ statusCode: 500, headers: { "x-request-id": AWS_REQUEST_ID } });
  expect(JSON.parse(answer.body).error.code).toBe("internal_error");
});

test("a broken body that is no event stream gets nothing appended", async () => {
  const answer = await run(
    () => new Response(bodyOf("a,b\n", new Error("boom")), { headers: { "content-type": "text/csv" } }),
  );
  expect(answer.body).toBe("a,b\n");
  expect(answer.ended).toBe(true);
});

test("a response that is never read is read for it: settle and drain have run", async () => {
  const log: string[] = [];
  const chunks = Array.from({ length: 100 }, () => "data: ".padEnd(500, "x"));
  const answer = await run(settlingAnswer(log, ...chunks), { reader: neverRead, stallLimitMs: 1 });
  expect(log).toEqual(["settled", "drained"]);
  expect(answer.ended).toBe(true);
  expect(answer.destroyCalled).toBe(false);
});

test("a client that wakes up too late gets an error at the end, never an answer with a hole", async () => {
  let wakeUp = () => {};
  let awake = false;
  const asleep: Reader = (_chunk, taken) => {
    if (awake) return taken();
    wakeUp = () => {
      awake = true;
      taken();
    };
  };
  const { promise: bodyRead, resolve } = Promise.withResolvers<void>();
  const fetch: Fetch = (_request, context) => {
    context.waitUntil(bodyRead.then(() => wakeUp()));
    let pulled = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      controller.enqueue(new TextEncoder().encode(`data: ${String(pulled).padEnd(991, "x")}\n\n`));
      if (++pulled < 10) return;
      controller.close();
      resolve();
    };
    return new Response(new ReadableStream({ pull }), { headers: EVENT_STREAM });
  };
  const answer = await run(fetch, { reader: asleep, stallLimitMs: 1 });
  const events = answer.body.split("\n\n").map((event) => event.slice(0, 16));
  expect(events).toEqual(["data: 0xxxxxxxxx", 'data: {"error":{', ""]);
});

test.each([
  ["while more is being sent", 100],
  ["when all has been handed over", 2],
])("a connection that breaks %s does not break the settlement", async (_when, count) => {
  const log: string[] = [];
  let written = 0;
  const breaking: Reader = (_chunk, taken) =>
    ++written < 4 ? taken() : setImmediate(() => taken(new Error("ECONNRESET")));
  const chunks = Array.from({ length: count }, () => "data: ".padEnd(100, "x"));
  await run(settlingAnswer(log, ...chunks), { reader: breaking });
  expect(log).toEqual(["settled", "drained"]);
  expect(written).toBe(4);
});

test("a background failure is reported, even early, and fails nothing", async () => {
  const failure = new Error("early");
  const answer = await run(async (_request, context) => {
    context.waitUntil(Promise.reject(failure));
    await new Promise(setImmediate);
    return new Response("ok");
  });
  expect(answer.body).toBe("ok");
  expect(answer.reports).toEqual([failure]);
});

test.each([
  ["undefined", undefined],
  ["an empty object", {}],
  ["a forbidden method", proxyEvent({ httpMethod: "CONNECT" })],
])("an event that is %s is a 400 in our envelope", async (_what, event) => {
  const answer = await run(() => Response.error(), { event });
  expect(answer.prelude).toMatchObject({ statusCode: 400, headers: { "content-type": "application/json" } });
  expect(JSON.parse(answer.body).error).toMatchObject({
    type: "invalid_request_error",
    request_id: AWS_REQUEST_ID,
  });
});

test("a gateway that throws is a 500 that says nothing of why", async () => {
  const bug = new Error("cannot read sk-secret");
  const answer = await run(() => {
    throw bug;
  });
  expect(answer.prelude).toMatchObject({ statusCode: 500 });
  expect(answer.body).not.toContain("sk-secret");
  expect(answer.reports).toEqual([bug]);
});

test("a promise that the runtime leaves rejected does not end the process before the settlement", () => {
  const script = `
    import { installStreamingGlobal, invoke } from "./test/adapters/lambda/fake-runtime.ts";
    import { proxyEvent } from "./test/adapters/lambda/events.ts";
    import { streamHandler } from "./lambda/adapters/lambda/stream-handler.ts";
    installStreamingGlobal();
    const handler = streamHandler((_request, context) => {
      Promise.reject(new Error("socket hang up"));
      context.waitUntil(new Promise((resolve) => setTimeout(resolve, 1)).then(() => console.log("settled")));
      return new Response("ok");
    });
    await invoke(handler, proxyEvent());`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(child.stdout).toBe("settled\n");
  expect(child.stderr).not.toContain("socket hang up");
  expect(child.status).toBe(0);
});
