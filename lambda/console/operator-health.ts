import type { ProviderCount } from "../core/operations.ts";
import type { Console } from "./console.ts";
import type { AuditView, ProvidersView, ProviderView } from "./operator-views.ts";

const HOUR_MS = 3_600_000;
/** A provider that fails more than one request in so many is failing. */
const FAILING_ONE_IN = 5;

/** What the request log of the last hour says of each provider in the catalog. */
export async function providersOf(console: Console): Promise<ProvidersView> {
  const counts = await console.providerStatistics.since(console.nowMs() - HOUR_MS);
  const models = [...console.catalog.models.values()];
  // One machine's demo provider has models, and no settings.
  const named = new Set([
    ...console.catalog.providers.keys(),
    ...models.flatMap(({ routes }) => routes.map(({ provider }) => provider)),
  ]);
  const providers = await Promise.all(
    [...named].sort().map(async (provider): Promise<ProviderView> => {
      const settings = console.catalog.providers.get(provider);
      const hasKey = await console.hasProviderKey(provider);
      const count = counts.get(provider);
      return {
        provider,
        kind: settings?.kind ?? "built-in",
        base_url: settings && "baseUrl" in settings ? (settings.baseUrl ?? null) : null,
        has_key: hasKey ?? null,
        models: models.filter(({ routes }) => routes.some((route) => route.provider === provider)).length,
        requests: count?.requests ?? 0,
        failures: count?.failures ?? 0,
        state: stateOf(hasKey, count),
        last_error_code: count?.lastErrorCode ?? null,
      };
    }),
  );
  return { providers };
}

function stateOf(hasKey: boolean | undefined, count: ProviderCount | undefined): ProviderView["state"] {
  if (hasKey === false) return "no_key";
  if (!count || count.requests === 0) return "idle";
  return count.failures * FAILING_ONE_IN > count.requests ? "failing" : "ok";
}

const AUDIT_A_PAGE = 50;

/** Newest first. */
export async function auditOf(console: Console, cursor: string | undefined): Promise<AuditView> {
  const entries: AuditView["entries"][number][] = [];
  const now = new Date(console.nowMs()).toISOString();
  for await (const {
    id,
    at,
    subject,
    email,
    action,
    accountId,
    reason,
    details,
    cursor: place,
  } of console.audit.list(now, auditPlace(cursor))) {
    entries.push({
      audit_id: id,
      at,
      by: { subject, email },
      action,
      account_id: accountId,
      reason,
      details,
    });
    if (entries.length >= AUDIT_A_PAGE) return { entries, next: place };
  }
  return { entries, next: null };
}

/** Of another form it is no place in the log, and the log begins at its newest. */
function auditPlace(cursor: string | undefined): string | undefined {
  return cursor !== undefined && /^\d{4}-\d\d-\d\dT[^\p{Cc}]+$/u.test(cursor) ? cursor : undefined;
}
