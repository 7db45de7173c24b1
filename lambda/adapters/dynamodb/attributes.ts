import type { AttributeValue, Item } from "./store.ts";

/** DynamoDB numbers hold 38 digits, so a bigint of pico-USD travels whole. */
export const number = (value: bigint | number): AttributeValue => ({ N: String(value) });
export const text = (value: string): AttributeValue => ({ S: value });

export function readText(item: Item, name: string): string | undefined {
  const value = item[name];
  return value && "S" in value ? value.S : undefined;
}

/** We write whole numbers only: whatever else is there was edited by hand. */
export class UnreadableNumber extends Error {
  readonly attribute: string;
  readonly value: string;

  constructor(attribute: string, value: string) {
    super(`"${attribute}" is ${value}, not a whole number; "ledger verify" says of which account`);
    this.name = "UnreadableNumber";
    this.attribute = attribute;
    this.value = value;
  }
}

/** @throws UnreadableNumber */
export function readBigint(item: Item, name: string): bigint {
  const value = item[name];
  if (!value || !("N" in value)) return 0n;
  if (!/^-?\d+$/.test(value.N)) throw new UnreadableNumber(name, value.N);
  return BigInt(value.N);
}

export function readCount(item: Item, name: string): number {
  return Number(readBigint(item, name));
}

export function readMap(item: Item, name: string): Item {
  const value = item[name];
  return value && "M" in value ? value.M : {};
}

export function readSet(item: Item, name: string): readonly string[] {
  const value = item[name];
  return value && "SS" in value ? value.SS : [];
}

/** The attributes that have a value: absent ones are left out, which keeps records small. */
export function present(item: Record<string, AttributeValue | undefined>): Item {
  const entries = Object.entries(item).filter(
    (entry): entry is [string, AttributeValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
