import type { Role } from "./views.ts";

/** Who is signed in, as every route sees it: what is read and written is this account's, whatever a request says. */
export interface Session {
  readonly subject: string;
  readonly memberId: string;
  readonly name: string;
  readonly email: string;
  readonly accountId: string;
  readonly role: Role;
  readonly isOperator: boolean;
  readonly csrfToken: string;
  readonly expiresAtMs: number;
}

/** What hono carries from the guards to the routes. */
export interface ConsoleEnvironment {
  Variables: { requestId: string; session: Session };
}
