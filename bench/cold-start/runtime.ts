/**
 * What Lambda's Node runtime does with a bundle, no more: import it, ask the Runtime API for an invocation, send the
 * handler's stream back. `node runtime.mjs <index.mjs> <port of the Runtime API>`; built to JavaScript first, because
 * stripping types would be part of what is measured.
 */
import { request } from "node:http";
import { pathToFileURL } from "node:url";

/** When things were done, in milliseconds since the process began, and the CPU that had been used until then. */
export interface ColdStart {
  readonly bootedMs: number;
  readonly importedMs: number;
  readonly answeredMs: number;
  readonly bootedCpuMs: number;
  readonly importedCpuMs: number;
  readonly answeredCpuMs: number;
}

type Handler = (event: object, stream: object, context: object) => Promise<void>;

const [bundle = "", port = ""] = process.argv.slice(2);
const api = { host: "127.0.0.1", port };
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const booted = { bootedMs: performance.now(), bootedCpuMs: cpuMs() };

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: Handler) => handler,
    HttpResponseStream: {
      from(stream: { write(chunk: string | Uint8Array): boolean }, prelude: object) {
        stream.write(JSON.stringify(prelude));
        stream.write(new Uint8Array(8));
        return stream;
      },
    },
  },
});
const { handler }: { handler: Handler } = await import(pathToFileURL(bundle).href);
const imported = { importedMs: performance.now(), importedCpuMs: cpuMs() };

/** @returns the invocation's event, and its id. */
function next(): Promise<{ id: string; event: object }> {
  return new Promise((resolve, reject) => {
    request({ ...api, path: "/2018-06-01/runtime/invocation/next" }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () =>
        resolve({ id: String(answer.headers["lambda-runtime-aws-request-id"]), event: JSON.parse(text) }),
      );
    })
      .on("error", reject)
      .end();
  });
}

function post(path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ ...api, path, method: "POST" }, (answer) => answer.resume().on("end", resolve))
      .on("error", reject)
      .end(body);
  });
}

const { id, event } = await next();
const stream = request({
  ...api,
  path: `/2018-06-01/runtime/invocation/${id}/response`,
  method: "POST",
  headers: { "lambda-runtime-function-response-mode": "streaming" },
});
const taken = new Promise<void>((resolve, reject) => {
  stream.on("error", reject).on("response", (answer) => answer.resume().on("end", resolve));
});
// What the handler does after its stream has ended (the drain) is not in the client's way.
const done = handler(event, stream, { awsRequestId: id, getRemainingTimeInMillis: () => 900_000 });
await taken;
const answered = { answeredMs: performance.now(), answeredCpuMs: cpuMs() };
await done;
await post("/cold-start", JSON.stringify({ ...booted, ...imported, ...answered } satisfies ColdStart));
// A proper exit: V8's compile cache is written now.
process.exit();
