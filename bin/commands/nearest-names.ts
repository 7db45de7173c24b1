const MOST = 3;

/** The known names that a slip of the finger may have turned into this one, nearest first; the nearest in any case. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  return ranked
    .slice(0, MOST)
    .filter(({ edits }, rank) => rank === 0 || edits <= name.length / 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance, a row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, char] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const kept = (row[column - 1] ?? 0) + (to[column - 1] === char ? 0 : 1);
      next.push(Math.min(kept, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
