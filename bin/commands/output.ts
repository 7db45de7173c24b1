import Table from "cli-table3";

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

const PLAIN = { "padding-left": 0, "padding-right": 0, head: [], border: [] };

/** Rows under their heads, without lines or colours. Heads that begin with ">" are of figures, set to the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const printed = new Table({
    head: heads.map((head) => head.replace(/^>/, "")),
    colAligns: heads.map((head) => (head.startsWith(">") ? "right" : "left")),
    chars: NO_LINES,
    style: PLAIN,
  });
  for (const row of rows) printed.push([...row]);
  return withoutTrailingSpaces(printed.toString());
}

/** One thing's facts, a line each; undefined ones are left out. */
export function facts(pairs: Readonly<Record<string, string | undefined>>): string {
  const printed = new Table({ chars: NO_LINES, style: PLAIN });
  for (const [name, value] of Object.entries(pairs)) if (value !== undefined) printed.push([name, value]);
  return withoutTrailingSpaces(printed.toString());
}

function withoutTrailingSpaces(text: string): string {
  return text.replace(/ +$/gm, "");
}

/** `2026-11-23T10:15:30.000Z` as people read it; still UTC. */
export function timeText(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}
