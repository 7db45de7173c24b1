import { beforeEach, describe, expect, test } from "vitest";
import { createOutlet, type Outlet } from "../../lambda/gateway/outlet.ts";
import { readableOf } from "../../lambda/gateway/web-response.ts";
import { type ManualTimers, manualTimers } from "./manual-timers.ts";

const HIGH_WATER_BYTES = 64 * 1024;
const KEEP_ALIVE = ": keep-alive\n\n";

let timers: ManualTimers;
let deadline: AbortController;
let outlet: Outlet & { readonly readable: ReadableStream<Uint8Array> };
beforeEach(() => {
  timers = manualTimers();
  deadline = new AbortController();
  const made = createOutlet(timers, deadline.signal);
  let readable: ReadableStream<Uint8Array> | undefined;
  outlet = {
    ...made,
    /** Connected when it is first read: what was written before waits for it. */
    get readable() {
      readable ??= readableOf(made);
      return readable;
    },
  };
});

function write(text: string): Promise<void> | undefined {
  return outlet.write(new TextEncoder().encode(text));
}

/** Whether a promise has settled by the time everything that can happen by itself has happened. */
async function isSettled(promise: Promise<void> | undefined): Promise<boolean> {
  const later = Symbol("later");
  const turn = new Promise<symbol>((resolve) => void setImmediate(resolve, later));
  return (await Promise.race([promise, turn])) !== later;
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value);
}

describe("a client that reads", () => {
  test("gets the bytes in order, then the end", async () => {
    write("one ");
    write("two ");
    write("three");
    outlet.end();
    expect(await new Response(outlet.readable).text()).toBe("one two three");
  });

  test("is not waited for while less than 64 KiB are on the way", () => {
    expect(write("x".repeat(HIGH_WATER_BYTES - 1))).toBeUndefined();
    expect(write("x")).toBeInstanceOf(Promise);
  });
});

describe("a client that does not read", () => {
  test("makes the writer wait until it reads again", async () => {
    const room = write("x".repeat(HIGH_WATER_BYTES));
    expect(await isSettled(room)).toBe(false);
    await outlet.readable.getReader().read();
    expect(await isSettled(room)).toBe(true);
  });

  test("makes it wait on until there is room, not only less than before", async () => {
    const reader = outlet.readable.getReader();
    write("first");
    write("x".repeat(HIGH_WATER_BYTES));
    const room = write("x".repeat(HIGH_WATER_BYTES));
    await read(reader);
    await read(reader);
    expect(await isSettled(room)).toBe(false);
    await read(reader);
    expect(await isSettled(room)).toBe(true);
  });

  test("is not waited for any longer when the time is over", async () => {
    const room = write("x".repeat(HIGH_WATER_BYTES));
    expect(await isSettled(room)).toBe(false);
    deadline.abort();
    expect(await isSettled(room)).toBe(true);
    expect(write("the error")).toBeUndefined();
  });

  test("gets no comments, which would pile up", async () => {
    write("x".repeat(HIGH_WATER_BYTES));
    timers.advance(3_600_000);
    outlet.end();
    expect(await new Response(outlet.readable).text()).not.toContain("keep-alive");
  });
});

describe("a client that has left", () => {
  test("ends the wait, and writing to it is free", async () => {
    const room = write("x".repeat(HIGH_WATER_BYTES));
    await outlet.readable.cancel();
    expect(await isSettled(room)).toBe(true);
    expect(write("x".repeat(HIGH_WATER_BYTES * 10))).toBeUndefined();
  });

  test("gets no more comments, and ending it is no error", async () => {
    await outlet.readable.cancel();
    expect(timers.pending).toBe(0);
    timers.advance(3_600_000);
    expect(() => outlet.end()).not.toThrow();
  });
});

describe("silence", () => {
  test("is broken by a comment after 15 seconds, and again after 15 more", async () => {
    const reader = outlet.readable.getReader();
    timers.advance(14_999);
    write("event");
    expect(await read(reader)).toBe("event");
    timers.advance(15_000);
    expect(await read(reader)).toBe(KEEP_ALIVE);
    timers.advance(15_000);
    expect(await read(reader)).toBe(KEEP_ALIVE);
    outlet.end();
    expect((await reader.read()).done).toBe(true);
  });

  test("is not there while events come, however slowly", async () => {
    for (let second = 0; second < 100; second += 10) {
      write("event ");
      timers.advance(10_000);
    }
    outlet.end();
    expect(await new Response(outlet.readable).text()).toBe("event ".repeat(10));
  });

  test("has no timer left when the stream has ended", () => {
    outlet.end();
    expect(timers.pending).toBe(0);
  });
});
