import { StoreError } from "../../lambda/adapters/dynamodb/store.ts";
import { CreditConflict, UnknownAccount } from "../../lambda/core/credit-errors.ts";
import { GatewayError } from "../../lambda/core/errors.ts";
import { ConfigError } from "../../lib/config.ts";

/** What was asked for cannot be done. The message is for the operator: what was wrong, where, what to do. */
export class Failure extends Error {
  override readonly name: string = "Failure";
}

/** The command line itself is wrong. */
export class UsageError extends Failure {
  override readonly name = "UsageError";
}

export function noSuchAccount(accountId: string): Failure {
  return new Failure(`there is no account "${accountId}"; "accounts list" shows those there are`);
}

/** One sentence for the operator. Anything unforeseen keeps its own message, without the stack. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Failure || error instanceof ConfigError) return error.message;
  if (error instanceof UnknownAccount) return `${error.message}; "accounts list" shows those there are`;
  if (error instanceof CreditConflict) return `${error.message}; nothing was changed: choose another --id`;
  // What a client is told of a store that does not answer is not enough for an operator.
  const failure = error instanceof GatewayError && error.cause ? error.cause : error;
  const cause = failure instanceof StoreError ? failure.cause : failure;
  if (!(cause instanceof Error)) return String(cause);
  if (refusedConnection(cause)) {
    return "DynamoDB does not answer; on this machine it is part of the server that `npm start` runs";
  }
  if (cause.name === "CredentialsProviderError") {
    return `no AWS credentials were found (${cause.message}); sign in, or set AWS_PROFILE`;
  }
  if (cause.message === "Region is missing")
    return "no AWS region is set; set AWS_REGION to the stack's region";
  return `${cause.name}: ${cause.message}`;
}

function refusedConnection(error: Error): boolean {
  return "code" in error && (error.code === "ECONNREFUSED" || error.code === "ECONNRESET");
}
