import { BlockList, isIP } from "node:net";
import { z } from "zod";

/** Where no provider is: a gateway with a cloud role must not be pointed at its own network or its metadata. */
const PRIVATE_ADDRESSES = new BlockList();
for (const [address, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  PRIVATE_ADDRESSES.addSubnet(address, prefix, "ipv4");
}
for (const [address, prefix] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const) {
  PRIVATE_ADDRESSES.addSubnet(address, prefix, "ipv6");
}
const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];
const METADATA_HOSTS = [
  "metadata",
  "metadata.google.internal",
  "instance-data",
  "instance-data.ec2.internal",
];

/** @returns what is expected instead, or undefined when the URL may be called. */
function baseUrlProblem(baseUrl: string): string | undefined {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:\/\/\S+$/.test(baseUrl)) return 'a URL, such as "https://api.example.com/v1"';
  if (url.username || url.password) return "a URL without credentials: name the key's variable in apiKeyEnv";
  if (/[?#]/.test(baseUrl)) return "a URL without query or fragment";
  if (LOOPBACK_HOSTS.includes(url.hostname)) return undefined;
  if (url.protocol !== "https:") return `https; http only for ${LOOPBACK_HOSTS.join(", ")}, on one machine`;
  const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
  const family = isIP(host) === 6 ? "ipv6" : "ipv4";
  if (METADATA_HOSTS.includes(host) || (isIP(host) && PRIVATE_ADDRESSES.check(host, family))) {
    return "a public host, not a private, link-local or metadata address";
  }
  return undefined;
}

/** Where a provider is called. */
export const BaseUrl = z
  .string({ error: 'a URL, such as "https://api.example.com/v1"' })
  .superRefine((baseUrl, context) => {
    const message = baseUrlProblem(baseUrl);
    if (message) context.addIssue({ code: "custom", message });
  })
  .transform((baseUrl) => baseUrl.replace(/\/+$/, ""));
