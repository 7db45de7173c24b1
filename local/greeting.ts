import { DEMO_MODEL } from "./demo-provider.ts";

export interface Greeted {
  readonly baseUrl: string;
  readonly consoleUrl: string;
  /** Only at the first start: afterwards nobody knows it but its owner. */
  readonly key: string | undefined;
  readonly models: readonly string[];
  readonly folder: string;
}

/** What a person who has just typed `npm start` needs to read, and nothing else. */
export function greeting({ baseUrl, consoleUrl, key, models, folder }: Greeted): string {
  const model = models.find((id) => id !== DEMO_MODEL.id) ?? DEMO_MODEL.id;
  const lines = [
    "WLRouter is running on this machine.",
    "",
    `  Base URL   ${baseUrl}`,
    `  Console    ${consoleUrl}   (sign in as the local owner)`,
    key ? `  Key        ${key}   (shown this once; its account has 25 USD)` : keyHint(),
    `  Models     ${models.length === 1 ? `${model} (set OPENAI_API_KEY or another provider's key for more)` : models.length}`,
    `  Data       ${folder}`,
    "",
    "Try it:",
    "",
    `  curl ${baseUrl}/chat/completions -H "Authorization: Bearer ${key ?? "$WLROUTER_KEY"}" -H "Content-Type: application/json" ` +
      `-d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello from WLRouter"}]}'`,
    "",
  ];
  return lines.join("\n");
}

function keyHint(): string {
  return "  Key        the one you have, or a new one: npm run -s cli -- accounts list; npm run -s cli -- keys create ACCOUNT --name NAME";
}
