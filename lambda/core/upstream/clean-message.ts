const MAX_CHARACTERS = 2_000;

/** What identifies the operator's account at a provider, or one of its requests there. */
const ACCOUNT_DATA: readonly RegExp[] = [
  // AWS names accounts, roles and models by these.
  /\barn:aws[\w-]*:[^\s"'<>)]+/gi,
  // Keys, whole or masked in the middle: sk-proj-ab**cd, gsk_…, xai-…
  /\b(?:sk|gsk|xai|pk|rk|hf|nvapi|csk|fw|pplx|tgp)[-_][\w*.-]{4,}/gi,
  /\*{3,}[\w-]*/g,
  // Ids of organizations, projects, users, teams, accounts and requests.
  /\b(?:org|proj|user|team|acct|account|req|request)[-_](?=[\w-]*\d)[\w-]{6,}/gi,
  /\b(?:org|proj)-[\w-]+/gi,
  // "in organization Acme Ltd on tokens per min", "for team 98f8", "project `x`"
  /\b(?:in|for|of|your) (?:organization|project|team|workspace)(?: id)?:? (?:`[^`]*`|'[^']*'|"[^"]*"|[^\n.,;(]*?(?= on | has | is |[.,;(\n]|$))/gi,
  /\b(?:x-)?request[ -_]?id:?\s*[\w-]*\d[\w-]*/gi,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  // The provider's pages about an account. Its documentation, and a URL of the client's own, may stay.
  /https?:\/\/[^\s"'<>)]*(?:account|billing|organization|settings|api-?keys|\/usage|\/limits|console\.)[^\s"'<>)]*/gi,
  // Anything long and random: UUIDs, keys without a prefix (Mistral's are 32 characters).
  /\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{32,}/gi,
];

/** A provider's error message without its account data, of bounded length. */
export function cleanMessage(message: string): string {
  return ACCOUNT_DATA.reduce((text, pattern) => text.replace(pattern, "[redacted]"), cut(message.trim()));
}

/** Before the patterns, which would be slow on a long echo of the prompt; at a space, so that no key is cut in two. */
function cut(message: string): string {
  return message.length > MAX_CHARACTERS
    ? `${message.slice(0, MAX_CHARACTERS).replace(/\S*$/, "")}…`
    : message;
}
