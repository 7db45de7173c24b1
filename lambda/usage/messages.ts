import type { SQSRecord } from "aws-lambda";
import type { BusEvent } from "../core/events.ts";
import { isRecord } from "../core/is-record.ts";
import { parseEvent } from "./event-schema.ts";

export interface Message {
  readonly messageId: string;
  readonly event: BusEvent;
}

export interface PoisonMessage {
  readonly messageId: string;
  readonly cause: unknown;
}

/** Reads what a rule of the bus put into a queue: EventBridge's envelopes, one a message. */
export function readMessages(records: readonly SQSRecord[]): {
  messages: Message[];
  poison: PoisonMessage[];
} {
  const messages: Message[] = [];
  const poison: PoisonMessage[] = [];
  for (const { messageId, body } of records) {
    try {
      messages.push({ messageId, event: readEnvelope(body) });
    } catch (cause) {
      poison.push({ messageId, cause });
    }
  }
  return { messages, poison };
}

function readEnvelope(body: string): BusEvent {
  const envelope: unknown = JSON.parse(body);
  if (!isRecord(envelope)) throw new Error("not an event of ours: no envelope");
  return parseEvent({ type: envelope["detail-type"], detail: envelope["detail"] });
}
