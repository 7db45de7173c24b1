import type { Command } from "commander";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import { lookUpRequest } from "../../lambda/core/request-lookup.ts";
import type { RequestView } from "../../lambda/core/views.ts";
import { Failure } from "./failures.ts";
import { facts } from "./output.ts";
import type { Answer, Session, Stores } from "./session.ts";

export function addRequests(program: Command, session: Session): void {
  const requests = program.command("requests").description("what a request was, and what it cost");
  requests
    .command("show <request-id>")
    .description("one request, wherever it is: open, charged, or refused")
    .action(session.answers((requestId: string) => show(session, requestId)));
}

async function show(session: Session, requestId: string): Promise<Answer> {
  const stores = await session.stores();
  const view = (await knownToTheLedger(stores, requestId)) ?? (await knownToTheLog(stores, requestId));
  if (!view) {
    throw new Failure(
      `there is no request "${requestId}", neither in the ledger nor in the log: check the id`,
    );
  }
  const pairs = Object.entries(view).filter(([, value]) => value !== null && value !== "");
  return { json: view, text: facts(Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]))) };
}

/** Drained requests are found through an index; what is open or not yet drained is looked for in every account. */
async function knownToTheLedger(stores: Stores, requestId: string): Promise<RequestView | undefined> {
  const accountId =
    (await stores.accounts.ownerOf(requestId)) ?? (await accountWithOpenRequest(stores, requestId));
  return accountId === undefined ? undefined : lookUpRequest(stores.ledger, accountId, requestId);
}

async function accountWithOpenRequest({ accounts }: Stores, requestId: string): Promise<string | undefined> {
  for await (const account of accounts.all()) {
    if (account.holds.has(requestId) || account.outbox.has(requestId)) return account.accountId;
  }
  return undefined;
}

/** A refused request leaves no entry, only its line in the log. */
async function knownToTheLog(stores: Stores, requestId: string): Promise<object | undefined> {
  const line = await stores.logLine(requestId);
  if (!line) return undefined;
  // It may have been drained a moment ago, between the index's look and ours at the accounts.
  const found = line.accountId && (await lookUpRequest(stores.ledger, line.accountId, requestId));
  return found || loggedView(line);
}

function loggedView(line: RequestLogLine): object {
  return {
    request_id: line.requestId,
    outcome: line.outcome ?? (line.status < 400 ? "answered" : "refused"),
    status: line.status,
    code: line.code ?? null,
    account_id: line.accountId ?? null,
    key_id: line.keyId ?? null,
    model: line.model ?? null,
    created_at: line.at,
    latency_ms: line.latencyMs,
  };
}
