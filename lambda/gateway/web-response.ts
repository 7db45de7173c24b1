import { type Answer, type BodySource, isSource } from "../core/answer.ts";

/** Bytes that may wait for a slow client before the upstream is made to wait too. */
const HIGH_WATER_BYTES = 64 * 1024;

/** An answer for platforms that speak the web's own forms. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(isSource(body) ? readableOf(body) : asBytes(body), { status, headers });
}

/** `Response` takes no view of memory that might be shared. */
function asBytes(body: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? body : new Uint8Array(body);
}

export function readableOf(source: BodySource): ReadableStream<Uint8Array> {
  let onPull: (() => void) | undefined;
  const leave = () => {
    source.leave();
    onPull?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        source.connect({
          write(bytes) {
            controller.enqueue(bytes);
            if ((controller.desiredSize ?? 0) > 0) return undefined;
            // The stream pulls only when there is room again.
            const before = onPull;
            return new Promise((resolve) => {
              onPull = () => {
                before?.();
                resolve();
              };
            });
          },
          end: () => controller.close(),
        });
      },
      pull() {
        const told = onPull;
        onPull = undefined;
        told?.();
      },
      cancel: leave,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );
}
