import { once } from "node:events";
import { Agent, createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { forward, type StoreAnswer } from "./dynamodb-forward.ts";
import { type Random, seededRandom } from "./seeded-random.ts";

/**
 * What can happen to one call:
 * `lostRequest`: the connection closes, the store never sees it.
 * `lostResponse`: the store has done it, the connection closes.
 * `delayed`: the connection closes, and the store does it later, once.
 * `lateDuplicate`: answered as ever, and the store does it once more later.
 * `throttle`: refused, certainly not done. `serverError`: a 500; done or not, a coin decides.
 * `slow`: other calls overtake it.
 */
export const FAULT_KINDS = [
  "lostRequest",
  "lostResponse",
  "delayed",
  "lateDuplicate",
  "throttle",
  "serverError",
  "slow",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Call {
  /** "UpdateItem", "GetItem", … */
  readonly verb: string;
  readonly table: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Chooses a call's fault; all chance comes from `random`, so that a seed repeats it. */
export type Plan = (call: Call, random: Random) => FaultKind | undefined;

export interface FaultyProxyOptions {
  /** The store, as an origin. */
  readonly target: string;
  readonly seed: number;
  readonly plan: Plan;
  /** The clock of the test: a request that is older than AWS's five minutes is no longer accepted. */
  readonly nowMs: () => number;
  /** A late call lands after 1 to so many further calls, or at `flush`. */
  readonly lateByAtMost: number;
}

/** AWS refuses a request signed longer ago than this, so nothing lands later. */
const SIGNATURE_LIFE_MS = 300_000;
/** How often the event loop turns with nothing but slow calls under way before the oldest may go on. */
const IDLE_TURNS = 4;

interface Arrival {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly arrivedAtMs: number;
}

interface Waiting {
  readonly kind: "late" | "slow";
  /** Goes on when so many calls have arrived. */
  readonly dueAtCall: number;
  readonly goOn: () => Promise<void>;
}

/**
 * Stands between any DynamoDB client and its store and makes the network misbehave by a seeded plan. Nothing sleeps:
 * lateness is counted in calls. The order in which concurrent calls arrive is the machine's; the seed repeats the choices.
 */
export class FaultyProxy {
  plan: Plan;
  /** Calls that arrived, and the faults they met. */
  calls = 0;
  /** Late calls that would have landed after five minutes, which AWS refuses. */
  refusedAsStale = 0;
  readonly faults: Record<FaultKind, number> = {
    lostRequest: 0,
    lostResponse: 0,
    delayed: 0,
    lateDuplicate: 0,
    throttle: 0,
    serverError: 0,
    slow: 0,
  };
  readonly #options: FaultyProxyOptions;
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((request, response) => {
    void buffer(request).then((body) => this.#serve(body, request.headers, response));
  });
  #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(options: FaultyProxyOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.plan = options.plan;
  }

  /** @returns the origin to give to the client. */
  async listen(): Promise<string> {
    // A connection that is closed for being idle, just as a call goes out on it, is a fault that no plan has chosen.
    this.#server.keepAliveTimeout = 0;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Lets everything land that is still on its way, calls included whose client no longer waits for them. */
  async flush(): Promise<void> {
    await this.#letGo(() => true);
    while (this.#underWay > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    this.#agent.destroy();
  }

  async #serve(body: Buffer, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    this.calls += 1;
    const arrival = { body, headers, arrivedAtMs: this.#options.nowMs() };
    const fault = this.plan(readCall(body, headers), this.#random);
    if (fault) this.faults[fault] += 1;
    this.#underWay += 1;
    await this.#answer(fault, arrival, response).catch(() => response.destroy());
    this.#underWay -= 1;
    await this.#letGo((waiting) => waiting.dueAtCall <= this.calls);
    await this.#endIdleness();
  }

  async #answer(fault: FaultKind | undefined, arrival: Arrival, response: ServerResponse): Promise<void> {
    switch (fault) {
      case "lostRequest":
        return void response.destroy();
      case "lostResponse":
        await this.#deliver(arrival);
        return void response.destroy();
      case "delayed":
        this.#later(arrival);
        return void response.destroy();
      case "lateDuplicate":
        this.#later(arrival);
        return send(response, await this.#deliver(arrival));
      case "throttle":
        return send(response, failure(400, "ProvisionedThroughputExceededException"));
      case "serverError":
        if (this.#random.chance(0.5)) await this.#deliver(arrival);
        return send(response, failure(500, "InternalServerError"));
      case "slow":
        await this.#overtaken();
        return send(response, await this.#deliver(arrival));
      case undefined:
        return send(response, await this.#deliver(arrival));
    }
  }

  async #deliver({ body, headers, arrivedAtMs }: Arrival): Promise<StoreAnswer> {
    if (this.#options.nowMs() - arrivedAtMs > SIGNATURE_LIFE_MS) {
      this.refusedAsStale += 1;
      return failure(400, "InvalidSignatureException");
    }
    return forward(this.#options.target, this.#agent, headers, body);
  }

  #later(arrival: Arrival): void {
    const goOn = async () => void (await this.#deliver(arrival));
    this.#waiting.push({ kind: "late", dueAtCall: this.#dueAtCall(), goOn });
  }

  /** Resolves when enough later calls have passed, or when there is nobody left to pass. */
  async #overtaken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = async () => {
      this.#underWay += 1;
      resolve();
    };
    this.#waiting.push({ kind: "slow", dueAtCall: this.#dueAtCall(), goOn });
    this.#underWay -= 1;
    await this.#endIdleness();
    await promise;
  }

  #dueAtCall(): number {
    return this.calls + this.#random.between(1, this.#options.lateByAtMost);
  }

  async #letGo(isDue: (waiting: Waiting) => boolean): Promise<void> {
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    await Promise.all(due.map((waiting) => waiting.goOn()));
  }

  /** A slow call that nobody overtakes would keep its client waiting for good. */
  async #endIdleness(): Promise<void> {
    if (!this.#waiting.some(({ kind }) => kind === "slow")) return;
    const arrived = this.calls;
    for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (this.#underWay > 0 || this.calls > arrived) return;
    const oldest = this.#waiting.find(({ kind }) => kind === "slow");
    await this.#letGo((waiting) => waiting === oldest);
  }
}

function readCall(body: Buffer, headers: IncomingHttpHeaders): Call {
  const fields: Record<string, unknown> = JSON.parse(body.toString());
  const table = fields["TableName"];
  return {
    verb: String(headers["x-amz-target"]).split(".").at(-1) ?? "",
    table: typeof table === "string" ? table : "",
    fields,
  };
}

function failure(status: number, name: string): StoreAnswer {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "by plan" });
  return { status, headers: { "content-type": "application/x-amz-json-1.0" }, body: Buffer.from(body) };
}

function send(response: ServerResponse, answer: StoreAnswer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body);
}
