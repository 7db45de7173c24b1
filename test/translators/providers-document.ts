import { anthropicSupport } from "../../lambda/adapters/anthropic/support.ts";
import { bedrockSupport } from "../../lambda/adapters/bedrock/support.ts";
import { cohereSupport } from "../../lambda/adapters/cohere/support.ts";
import { supportTable } from "../../lambda/core/translate/support-table.ts";

const BEGIN = "<!-- made by npm run docs:providers -->";
const END = "<!-- end -->";

/** One column a provider, or a family of its models. A provider more is a line more. */
const COLUMNS = [
  { ...anthropicSupport("claude-sonnet-4-5"), provider: "Claude up to 4.6" },
  { ...anthropicSupport("claude-sonnet-5"), provider: "Claude from 4.7" },
  { ...bedrockSupport("anthropic.claude-sonnet-4-5"), provider: "Bedrock: Claude 4.5" },
  { ...bedrockSupport("amazon.nova-2-lite-v1:0"), provider: "Bedrock: Nova 2" },
  { ...bedrockSupport("mistral.mistral-large-3"), provider: "Bedrock: Mistral" },
  { ...bedrockSupport("meta.llama4-scout"), provider: "Bedrock: Llama" },
  { ...cohereSupport("command-a-03-2025"), provider: "Cohere" },
  { ...cohereSupport("command-a-reasoning-08-2025"), provider: "Cohere: reasoning" },
];

/** The page with its table made anew. */
export function providersDocument(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end === -1) throw new Error("docs/providers.md has lost the marks around its table");
  return `${page.slice(0, begin)}${BEGIN}\n\n${supportTable(COLUMNS)}\n\n${page.slice(end)}`;
}
