import { type Cell, FIELD_NAMES, type Support } from "./support.ts";

/** The lines of docs/providers.md that are made from what the translators enforce. */
export function supportTable(columns: readonly Support[]): string {
  const [first] = columns;
  if (!first) return "";
  const contentNames = Object.keys(first.content);
  const head = ["", ...columns.map(({ provider }) => provider)];
  const fields = FIELD_NAMES.map((name) => [`\`${name}\``, ...columns.map((it) => cellOf(it.fields, name))]);
  const contents = contentNames.map((name) => [name, ...columns.map((it) => cellOf(it.content, name))]);
  return [head, head.map(() => "---"), ...fields, ...contents]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function cellOf(cells: Readonly<Record<string, Cell>>, name: string): string {
  const cell = cells[name];
  if (!cell) return "";
  if ("sent" in cell) return cell.sent === "" ? "yes" : cell.sent;
  if ("ignored" in cell) return `not sent: ${cell.ignored}`;
  return cell.refused === "" ? "**400**" : `**400**: ${cell.refused}`;
}
