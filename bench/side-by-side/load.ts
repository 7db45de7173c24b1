import { readFileSync } from "node:fs";
import { Pool } from "undici";
import { requestBody } from "./exchange.ts";
import type { Gateway } from "./gateways.ts";

export interface Load {
  readonly requests: number;
  readonly atOnce: number;
  /** Between a stream's chunks, in milliseconds; undefined for answers that are not streamed. */
  readonly pauseMs: number | undefined;
}

export interface Measured {
  /** Of the gateway's process, user and system. */
  readonly cpuMsPerRequest: number;
  readonly latenciesMs: readonly number[];
  readonly firstBytesMs: readonly number[];
  /** From sending a request until the provider has its headers. */
  readonly beforeUpstreamMs: readonly number[];
  readonly residentMb: number;
}

export type Target = Pick<Gateway, "port" | "pid" | "headers">;

/** Sends `requests` in all, `atOnce` at any time. @throws Error at the first answer that is not a whole completion. */
export async function measure(target: Target, load: Load): Promise<Measured> {
  const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections: load.atOnce });
  const headers = { "content-type": "application/json", ...target.headers };
  const body = requestBody(load.pauseMs);
  const latenciesMs: number[] = [];
  const firstBytesMs: number[] = [];
  const beforeUpstreamMs: number[] = [];
  let sent = 0;
  async function client(): Promise<void> {
    while (sent < load.requests) {
      sent += 1;
      const startedAt = performance.now();
      const answer = await pool.request({ path: "/v1/chat/completions", method: "POST", headers, body });
      let text = "";
      for await (const piece of answer.body) {
        if (text === "") firstBytesMs.push(performance.now() - startedAt);
        text += piece.toString();
      }
      latenciesMs.push(performance.now() - startedAt);
      const arrivedMs = Number(/"arrived_ms":([\d.]+)/.exec(text)?.[1]);
      if (arrivedMs > 0) beforeUpstreamMs.push(arrivedMs - performance.timeOrigin - startedAt);
      const isWhole = load.pauseMs === undefined ? text.includes('"usage"') : text.includes("data: [DONE]");
      if (answer.statusCode !== 200 || !isWhole) {
        throw new Error(`HTTP ${answer.statusCode}: ${text.slice(0, 300)}`);
      }
    }
  }
  const before = cpuMs(target.pid);
  await Promise.all(Array.from({ length: load.atOnce }, client));
  const cpuMsPerRequest = (cpuMs(target.pid) - before) / load.requests;
  await pool.destroy();
  return { cpuMsPerRequest, latenciesMs, firstBytesMs, beforeUpstreamMs, residentMb: residentMb(target.pid) };
}

/** Of all its threads, to the nanosecond where Linux counts it. */
export function cpuMs(pid: number): number {
  // user and system time, fields 14 and 15, in hundredths of a second
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
