/** In the place of an account whose item was edited by hand into what cannot be read, so that it stops nobody else. */
export interface UnreadableAccount {
  readonly accountId: string;
  readonly problem: string;
}
