/** A request of Stripe's: nested by brackets, every leaf a text. */
export interface Form {
  readonly [name: string]: Form | string;
}

interface Tree {
  [name: string]: Tree | string;
}

/** `line_items[0][price_data][unit_amount]=1000` as nested records; an index is a name like any other. */
export function readForm(body: string): Form {
  const root: Tree = Object.create(null);
  for (const [key, value] of new URLSearchParams(body)) {
    const names = key.split(/\[|\]\[|\]/).filter((name, index) => index === 0 || name !== "");
    let at = root;
    for (const name of names.slice(0, -1)) {
      const next = at[name];
      if (typeof next === "object") at = next;
      else {
        const made: Tree = Object.create(null);
        at[name] = made;
        at = made;
      }
    }
    // A list without indexes: `expand[]=a&expand[]=b`.
    const last = names.at(-1) ?? key;
    at[key.endsWith("[]") ? `${Object.keys(at).length}` : last] = value;
  }
  return root;
}

export function textAt(form: Form, ...path: string[]): string | undefined {
  let at: Form | string | undefined = form;
  for (const name of path) at = typeof at === "object" ? at[name] : undefined;
  return typeof at === "string" ? at : undefined;
}

/** The texts below a name; of a list, in order. */
export function textsAt(form: Form, name: string): Record<string, string> {
  const at = form[name];
  if (typeof at !== "object") return {};
  return Object.fromEntries(
    Object.entries(at).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

export function formsAt(form: Form, name: string): Form[] {
  const at = form[name];
  if (typeof at !== "object") return [];
  return Object.values(at).filter((value): value is Form => typeof value === "object");
}
