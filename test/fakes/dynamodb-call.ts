/** What a DynamoDB request says about itself, so that a plan can aim at one step of the ledger's protocol. */
import type { Call } from "./faulty-proxy.ts";

const expressionOf = (call: Call, name: string): string => {
  const expression = call.fields[name];
  return typeof expression === "string" ? expression : "";
};

const isUpdate = (call: Call, clause: string): boolean =>
  call.verb === "UpdateItem" && expressionOf(call, "UpdateExpression").includes(clause);

export const isHold = (call: Call): boolean => isUpdate(call, "#holds.#request = :hold");
export const isSettle = (call: Call): boolean => isUpdate(call, "#outbox.#request = :record");
export const isRelease = (call: Call): boolean => isUpdate(call, "REMOVE #holds.#request") && !isSettle(call);
export const isCredit = (call: Call): boolean => isUpdate(call, "#outbox.#credit = :record");
export const isDrainPut = (call: Call): boolean => call.verb === "PutItem" && call.table === "Ledger";
export const isDrainClear = (call: Call): boolean => isUpdate(call, "REMOVE #outbox.#entry");
export const isRead = (call: Call): boolean => call.verb === "GetItem";
