/** Every page of the console, by what its picture is called. An account's and a request's own pages need their ids. */
export interface Ids {
  readonly accountId: string;
  readonly requestId: string;
}

export function places({ accountId, requestId }: Ids): Readonly<Record<string, string>> {
  return {
    start: "/",
    keys: "/keys",
    balance: "/balance",
    usage: "/usage",
    requests: "/requests",
    request: `/requests/${requestId}`,
    models: "/models",
    people: "/people",
    "operator-accounts": "/operator/accounts",
    "operator-account": `/operator/accounts/${accountId}`,
    "operator-revenue": "/operator/revenue",
    "operator-health": "/operator/health",
    "operator-suspense": "/operator/suspense",
    "operator-audit": "/operator/audit",
  };
}
