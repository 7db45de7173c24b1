/** What we run of others, and what must not be in the repository. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isWellFormedKey } from "../../lambda/core/keys.ts";

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  /** It came inside another package, whose content is locked. */
  readonly inBundle?: boolean;
}

const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync("package-lock.json", "utf8"),
);
const LOCKED = Object.entries(packages).filter(([place]) => place.startsWith("node_modules/"));

/** Licences that ask for no more than their text. */
const PERMISSIVE = [
  "MIT",
  "MIT-0",
  "Apache-2.0",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
];

test("nothing that runs in the product has a licence with a copyleft", () => {
  const running = LOCKED.filter(([, { dev }]) => !dev);
  expect(running.length).toBeGreaterThan(40);
  const others = running.filter(([, { license = "none" }]) => !PERMISSIVE.includes(license));
  expect(others.map(([place, { license }]) => `${place}: ${license}`)).toEqual([]);
});

test("every package is locked to one version and to its content", () => {
  const loose = LOCKED.filter(
    ([, { version, integrity, inBundle }]) => !version || !(inBundle || integrity?.startsWith("sha512-")),
  );
  expect(loose.map(([place]) => place)).toEqual([]);
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
    for (const [name, version] of Object.entries(manifest[kind]))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
});

/** Keys of providers and of ours, as their owners write them; and the beginnings of AWS's and of private keys. */
const SECRETS =
  /wlrouter_[0-9A-Za-z]{49}|\bsk-(proj|ant|or)-[\w-]{32,}|\bAKIA[0-9A-Z]{16}\b|\bsk_live_\w{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----/g;
/** Of AWS's documentation: it opens nothing. */
const KNOWN = ["AKIAIOSFODNN7EXAMPLE", "AKIDEXAMPLE"];

test("no tracked file holds a key: ours by its checksum, others' by how they look", () => {
  const files = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0").filter(Boolean);
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => {
    const matches = readFileSync(file, "latin1").match(SECRETS) ?? [];
    return matches
      .filter((match) => (match.startsWith("wlrouter_") ? isWellFormedKey(match) : !KNOWN.includes(match)))
      .map((match) => `${file}: ${match.slice(0, 12)}…`);
  });
  expect(found).toEqual([]);
});
