/** Every environment variable's name once, for the constructs that set them and the functions that read them. */
export const ENV = {
  accountsTable: "ACCOUNTS_TABLE",
  ledgerTable: "LEDGER_TABLE",
  apiKeysTable: "API_KEYS_TABLE",
  rollupsTable: "ROLLUPS_TABLE",
  eventBusName: "EVENT_BUS_NAME",
  reportsBucket: "REPORTS_BUCKET",
  lakeBucket: "LAKE_BUCKET",
  gatewayLogGroup: "GATEWAY_LOG_GROUP",
  /** URL of the queue of charges that the ledger could not take. */
  owedSettlesQueue: "OWED_SETTLES_QUEUE",
  /** ARN of the secret whose JSON value maps a provider's `apiKeyEnv` name to its key. */
  providerSecretArn: "PROVIDER_SECRET_ARN",
  /** ARN of the secret whose JSON value has PAYMENT_SECRETS. */
  paymentSecretArn: "PAYMENT_SECRET_ARN",
  membersTable: "MEMBERS_TABLE",
  invitesTable: "INVITES_TABLE",
  auditTable: "AUDIT_TABLE",
  /** ARN of the secret whose JSON value has CONSOLE_SECRETS. */
  consoleSecretArn: "CONSOLE_SECRET_ARN",
  /** Of OpenID Connect, and what it knows the console as. */
  consoleIssuer: "CONSOLE_ISSUER",
  consoleClientId: "CONSOLE_CLIENT_ID",
  /** Where the API answers, without `/v1`. */
  publicUrl: "PUBLIC_URL",
  /** A JSON object of queues' URLs by their names. */
  deadLetterQueues: "DEAD_LETTER_QUEUES",
  /** Where spans are sent; absent: nowhere. */
  traceEndpoint: "TRACE_ENDPOINT",
  /** `info` or `warn`: whether requests that went well have a line of their own. */
  logLevel: "LOG_LEVEL",
} as const;

/** In the providers' secret, where the collector of traces wants headers: `api-key=…,other=…`. */
export const TRACE_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";

/** The names in the secret of payments, and of the environment variables that one machine reads instead. */
export const PAYMENT_SECRETS = {
  secretKey: "STRIPE_SECRET_KEY",
  webhookSecret: "STRIPE_WEBHOOK_SECRET",
} as const;

/** The names in the console's secret. */
export const CONSOLE_SECRETS = {
  /** Made when the stack is. */
  session: "SESSION_KEY",
  /** Added by the operator for an issuer that wants one. */
  client: "OIDC_CLIENT_SECRET",
} as const;

/** Beside the bundles of functions that take payments: the configuration's sections `billing` and `payments`. */
export const PAYMENTS_FILE = "payments.json";

/** @throws Error that names the variable: the function was deployed without it. */
export function environmentVariable(name: (typeof ENV)[keyof typeof ENV]): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}
