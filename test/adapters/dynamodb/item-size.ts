import type { AttributeValue, Item } from "../../../lambda/adapters/dynamodb/store.ts";

/**
 * Bytes as DynamoDB counts them against 400 kB (Developer Guide, "DynamoDB item sizes and formats"): names and texts in
 * UTF-8, a number up to 21 bytes for its 38 digits, 3 bytes a map or list and 1 more for each member.
 */
export function itemSizeBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize(value: AttributeValue): number {
  if ("S" in value) return Buffer.byteLength(value.S);
  if ("N" in value) return Math.ceil(value.N.replace(/[-.]/g, "").length / 2) + 2;
  if ("BOOL" in value) return 1;
  if ("SS" in value) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if ("L" in value) return value.L.reduce((sum, member) => sum + 1 + valueSize(member), 3);
  return 3 + Object.keys(value.M).length + itemSizeBytes(value.M);
}
