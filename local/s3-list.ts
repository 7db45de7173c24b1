import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** S3's own limit of keys a page. */
const MOST_KEYS = 1000;

/** The answer to ListObjectsV2: a page of the keys that begin with `prefix`, in order. */
export async function listObjects(bucketFolder: string, query: URLSearchParams): Promise<string> {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const limit = Math.min(Number(query.get("max-keys") ?? MOST_KEYS), MOST_KEYS);
  const keys = await keysWithPrefix(bucketFolder, prefix);
  const names = [...new Set(keys.map((key) => cutAt(delimiter, key, prefix)))].sort();
  const rest = names.filter((name) => name > after);
  const page = rest.slice(0, limit);
  const isTruncated = rest.length > page.length;
  const items = await Promise.all(page.map((name) => itemOf(bucketFolder, name, delimiter)));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Prefix>${xml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys>`,
    `<IsTruncated>${isTruncated}</IsTruncated>`,
    isTruncated ? `<NextContinuationToken>${xml(page.at(-1) ?? "")}</NextContinuationToken>` : "",
    ...items,
    "</ListBucketResult>",
  ].join("");
}

/** Only the folder that the prefix names is walked, however much lies beside it. */
async function keysWithPrefix(bucketFolder: string, prefix: string): Promise<string[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (folder.split("/").includes("..")) return [];
  const found = await readdir(path.join(bucketFolder, folder), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(bucketFolder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"))
    .filter((key) => key.startsWith(prefix));
}

/** With a delimiter, keys that are the same up to it are one: a folder. */
function cutAt(delimiter: string, key: string, prefix: string): string {
  const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? key : key.slice(0, end + delimiter.length);
}

async function itemOf(bucketFolder: string, name: string, delimiter: string): Promise<string> {
  if (delimiter !== "" && name.endsWith(delimiter)) {
    return `<CommonPrefixes><Prefix>${xml(name)}</Prefix></CommonPrefixes>`;
  }
  const found = await stat(path.join(bucketFolder, name));
  const facts = `<Size>${found.size}</Size><LastModified>${found.mtime.toISOString()}</LastModified>`;
  return `<Contents><Key>${xml(name)}</Key>${facts}<StorageClass>STANDARD</StorageClass></Contents>`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
