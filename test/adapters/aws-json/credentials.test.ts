import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Credentials, renewed, roleCredentials } from "../../../lambda/adapters/aws-json/credentials.ts";
import { startJsonServer } from "./json-server.ts";

const NOW_MS = Date.UTC(2026, 10, 25, 12);
const HOUR_MS = 3_600_000;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

test("Lambda's variables are the keys, session token and all.", async () => {
  const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" };
  expect(await roleCredentials(env, () => NOW_MS)()).toEqual({
    accessKeyId: "id",
    secretAccessKey: "secret",
    sessionToken: "token",
  });
});

/** Keys that last an hour, numbered by how often they were fetched; `fail` makes fetching fail. */
function keySource() {
  const source = {
    loads: 0,
    nowMs: NOW_MS,
    fail: false,
    async load(): Promise<Credentials> {
      source.loads += 1;
      if (source.fail) throw new Error("by test");
      return { accessKeyId: `id${source.loads}`, secretAccessKey: "s", expiresAtMs: source.nowMs + HOUR_MS };
    },
  };
  const get = renewed(source.load, () => source.nowMs);
  return { source, id: async () => (await get()).accessKeyId };
}

test("Keys are fetched once for however many ask, and kept while they are good.", async () => {
  const { source, id } = keySource();
  expect(await Promise.all([id(), id(), id()])).toEqual(["id1", "id1", "id1"]);
  source.nowMs += HOUR_MS - 5 * 60_000;
  expect([await id(), source.loads]).toEqual(["id1", 1]);
});

test("In their last five minutes keys are renewed behind the requests' back.", async () => {
  const { source, id } = keySource();
  await id();
  source.nowMs += HOUR_MS - 5 * 60_000 + 1;
  expect([await id(), source.loads]).toEqual(["id1", 2]);
  expect([await id(), source.loads]).toEqual(["id2", 2]);
});

test("A renewal that fails leaves the old keys in use, and is tried again after a second.", async () => {
  const { source, id } = keySource();
  await id();
  source.nowMs += HOUR_MS - 60_000;
  source.fail = true;
  expect([await id(), await id(), source.loads]).toEqual(["id1", "id1", 2]);
  source.fail = false;
  source.nowMs += 1_000;
  expect([await id(), source.loads]).toEqual(["id1", 3]);
  expect(await id()).toBe("id3");
});

test("Expired keys are never used: who asks waits for new ones, or hears why there are none.", async () => {
  const { source, id } = keySource();
  await id();
  source.nowMs += HOUR_MS;
  source.fail = true;
  await expect(id()).rejects.toThrow("by test");
  source.fail = false;
  expect(await id()).toBe("id3");
});

test("Where Lambda sets an endpoint instead, keys come from there, with its token, after two failures too.", async () => {
  const server = await startJsonServer((_, response, count) => {
    const keys = {
      AccessKeyId: "id",
      SecretAccessKey: "secret",
      Token: "token",
      Expiration: "2026-11-25T18:00:00Z",
    };
    response.writeHead(count < 3 ? 500 : 200).end(JSON.stringify(keys));
  });
  open.push(server);
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-token-"));
  const file = path.join(folder, "token");
  writeFileSync(file, "from file");
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.endpoint}/role?x=1`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "from environment",
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  };
  const keys = await roleCredentials(env, () => NOW_MS)();
  rmSync(folder, { recursive: true });
  expect(keys).toEqual({
    accessKeyId: "id",
    secretAccessKey: "secret",
    sessionToken: "token",
    expiresAtMs: Date.UTC(2026, 10, 25, 18),
  });
  expect(server.calls).toHaveLength(3);
  expect(server.calls[2]).toMatchObject({ path: "/role?x=1", headers: { authorization: "from file" } });
});

test("A token is not sent unencrypted to another machine, and no keys at all is said so.", async () => {
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/role" };
  await expect(roleCredentials(env, () => NOW_MS)()).rejects.toThrow(/https or an address of this machine/);
  await expect(roleCredentials({}, () => NOW_MS)()).rejects.toThrow(/no AWS credentials/);
});
