import { encodeOwedSettle } from "../../core/owed-settle.ts";
import type { OwedSettles } from "../../core/ports.ts";

/** One call of AWS's JSON protocol. @throws Error when no whole answer came. */
export type SqsCall = (operation: string, body: string) => Promise<{ status: number; body: string }>;

const TRIES = 3;
const FIRST_PAUSE_MS = 100;
/** What could not be written just now is not tried at once. */
const DELAY_SECONDS = 30;

/**
 * Charges on their way to a queue. A send whose answer was lost is sent again: the charge may then wait there twice, and
 * is applied once.
 */
export function createOwedSettles(
  call: SqsCall,
  queueUrl: string,
  pause: (milliseconds: number) => Promise<unknown>,
): OwedSettles {
  return {
    async put(owed) {
      const body = JSON.stringify({
        QueueUrl: queueUrl,
        MessageBody: encodeOwedSettle(owed),
        DelaySeconds: DELAY_SECONDS,
      });
      for (let attempt = 1; ; attempt++) {
        try {
          const { status } = await call("SendMessage", body);
          if (status === 200) return;
          throw new Error(`SQS answered ${status}`);
        } catch (error) {
          if (attempt === TRIES) throw error;
          await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
        }
      }
    },
  };
}
