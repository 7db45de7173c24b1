/**
 * `npm run cost -- --requests 1e6 --seconds 10 --memory 512`: what that many chat requests cost in AWS, each price with its
 * arithmetic. Prices are in bench/cost/prices.json, each with where it is from; `--price dynamoWriteUnit=1.25` overrides
 * one (repeatable). `--open-holds N` (10), `--answer-bytes N` (20000), `--hours N` (720).
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { linesOf } from "./cost/lines.ts";

interface Price {
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  readonly source: string;
}

const { values: options } = parseArgs({
  options: {
    requests: { type: "string", default: "1e6" },
    seconds: { type: "string", default: "10" },
    memory: { type: "string", default: "1024" },
    "open-holds": { type: "string", default: "10" },
    "answer-bytes": { type: "string", default: "20000" },
    hours: { type: "string", default: "720" },
    price: { type: "string", multiple: true, default: [] },
  },
});

/** @throws Error that names the option. */
function positive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${option} must be a number of at least 0, not ${JSON.stringify(text)}`);
}

function readPrices(): Record<string, Price> {
  const prices: Record<string, Price> = JSON.parse(
    readFileSync(new URL("cost/prices.json", import.meta.url), "utf8"),
  );
  for (const override of options.price) {
    const [name = "", usd = ""] = override.split("=");
    const price = prices[name];
    if (!price) throw new Error(`--price ${name}: there are ${Object.keys(prices).join(", ")}`);
    prices[name] = { ...price, usd: positive(`--price ${name}`, usd), source: "--price" };
  }
  return prices;
}

function main(): void {
  const prices = readPrices();
  const lines = linesOf({
    requests: positive("--requests", options.requests),
    seconds: positive("--seconds", options.seconds),
    memoryMb: positive("--memory", options.memory),
    openHolds: positive("--open-holds", options["open-holds"]),
    answerBytes: positive("--answer-bytes", options["answer-bytes"]),
    hours: positive("--hours", options.hours),
  });
  let totalUsd = 0;
  console.log("| us-east-1 | USD | quantity x price | because |\n|---|---|---|---|");
  for (const { what, price: name, quantity, because } of lines) {
    const price = prices[name];
    if (!price) throw new Error(`prices.json has no ${name}`);
    const usd = (quantity * price.usd) / price.per;
    totalUsd += usd;
    const per = price.per === 1 ? "" : ` / ${price.per.toLocaleString("en")}`;
    const amount = quantity.toLocaleString("en", { maximumFractionDigits: 2 });
    console.log(
      `| ${what} | ${usd.toFixed(2)} | ${amount} x ${price.usd}${per} (${price.unit}) | ${because} |`,
    );
  }
  console.log(`| **all** | **${totalUsd.toFixed(2)}** | | |\n`);
  console.log("Where each price is from:\n");
  for (const [name, { source }] of Object.entries(prices)) console.log(`- ${name}: ${source}`);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
