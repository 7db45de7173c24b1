/** The first request, ready to be pasted. */
export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

/** @param key the key itself, where it is known; else a name that stands for it. */
export function snippets(baseUrl: string, model: string, key: string | undefined): readonly Snippet[] {
  const shown = key ?? "YOUR_KEY";
  return [
    { id: "curl", label: "curl", text: curl(baseUrl, model, shown) },
    { id: "typescript", label: "TypeScript", text: typescript(baseUrl, model, shown) },
    { id: "python", label: "Python", text: python(baseUrl, model, shown) },
  ];
}

function curl(baseUrl: string, model: string, key: string): string {
  return `curl ${baseUrl}/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`;
}

function typescript(baseUrl: string, model: string, key: string): string {
  return `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${baseUrl}",
  apiKey: "${key}",
});

const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;
}

function python(baseUrl: string, model: string, key: string): string {
  return `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}",
    api_key="${key}",
)

answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
}
