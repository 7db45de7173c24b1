import { cpus } from "node:os";
import { CAN_PIN, PORTKEY_VERSION } from "./gateways.ts";
import { type Load, type Measured, quantile } from "./load.ts";

/** By gateway, a record of loads for each round. */
export type Rows = Map<string, Record<string, Measured>[]>;

const median = (values: readonly number[]) => quantile(values, 0.5);

/** @param writeMs what one write of the canned DynamoDB takes, again and again */
export function report(
  rows: Rows,
  loads: Readonly<Record<string, Load>>,
  writeMs: readonly number[],
): string {
  const rounds = Math.max(...[...rows.values()].map((all) => all.length));
  return [
    "# Side by side",
    "",
    `\`npm run bench\`, ${new Date().toISOString().slice(0, 10)}: ${cpus()[0]?.model ?? "an unknown processor"}, ` +
      `${cpus().length} cores, Node ${process.version}, Portkey ${PORTKEY_VERSION} ` +
      `(with @hono/node-server 1.13.8). ${rounds} interleaved rounds; provider, canned DynamoDB and load on one core, the ` +
      `gateway on the other${CAN_PIN ? "" : " (not pinned: there is no taskset, or one core only)"}.`,
    "Ours is the deployed bundle with keys, holds, settles and drains: four DynamoDB calls a request. The others forward.",
    "Ratios taken in one run hold on a busy machine; absolute figures do not.",
    "",
    ...cpuTable("whole", "an answer that is not streamed", rows, loads),
    ...cpuTable("stream", "a stream of 50 chunks, as fast as they come", rows, loads),
    ...cpuTable("paced", "a stream of 50 chunks, one each 5 ms", rows, loads),
    ...latencyTable(rows, writeMs),
  ].join("\n");
}

function cpuTable(load: string, what: string, rows: Rows, loads: Readonly<Record<string, Load>>): string[] {
  const of = (name: string) =>
    (rows.get(name) ?? []).map((seen) => seen[load]?.cpuMsPerRequest ?? Number.NaN);
  const portkey = of(`Portkey ${PORTKEY_VERSION}`);
  const raw = of("raw node:http");
  const ratio = (all: readonly number[], to: readonly number[]) => (median(all) / median(to)).toFixed(2);
  const lines = [...rows.keys()]
    .filter((name) => name !== "no gateway")
    .map((name) => {
      const all = of(name);
      const [mid, min, max] = [median(all), Math.min(...all), Math.max(...all)].map((ms) => ms.toFixed(3));
      return `| ${name} | ${mid} | ${min} to ${max} | ${ratio(all, portkey)} | ${ratio(all, raw)} |`;
    });
  return [
    `## CPU: ${what}`,
    "",
    `${loads[load]?.requests} a round, ${loads[load]?.atOnce} at once. Milliseconds of the gateway's process a request.`,
    "",
    "| | median | min to max | to Portkey | to raw node |",
    "|---|---|---|---|---|",
    ...lines,
    "",
  ];
}

type Times = "latenciesMs" | "firstBytesMs" | "beforeUpstreamMs";

function latencyTable(rows: Rows, writeMs: readonly number[]): string[] {
  const all = (name: string, load: string, kind: Times) =>
    (rows.get(name) ?? []).flatMap((seen) => seen[load]?.[kind] ?? []);
  const added = (name: string, load: string, kind: Times, q: number) =>
    (quantile(all(name, load, kind), q) - quantile(all("no gateway", load, kind), q)).toFixed(2);
  const lines = [...rows.keys()]
    .filter((name) => name !== "no gateway")
    .map((name) => {
      const figures = [
        added(name, "single", "beforeUpstreamMs", 0.5),
        added(name, "single", "beforeUpstreamMs", 0.99),
        added(name, "single", "latenciesMs", 0.5),
        added(name, "single", "latenciesMs", 0.99),
        added(name, "paced", "firstBytesMs", 0.5),
        added(name, "paced", "firstBytesMs", 0.99),
        median((rows.get(name) ?? []).map((seen) => seen["paced"]?.residentMb ?? 0)).toFixed(0),
      ];
      return `| ${name} | ${figures.join(" | ")} |`;
    });
  return [
    "## Time added, milliseconds, and memory",
    "",
    "Beside the same request without a gateway: until the provider has the request, and until the whole answer is back, one at",
    "a time; the first byte of a stream with 5 ms between chunks, 16 at once. Resident memory at the end of a round, MB.",
    `One write of the canned DynamoDB takes ${median(writeMs).toFixed(2)} ms (median); ours makes one before it calls the provider.`,
    "",
    "| | upstream called p50 | p99 | answer p50 | p99 | first byte p50 | p99 | MB |",
    "|---|---|---|---|---|---|---|---|",
    ...lines,
    "",
  ];
}
