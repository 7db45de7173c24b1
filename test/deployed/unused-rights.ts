/** Rights that no run of the functions uses here, and why they are given all the same. */
import type { Right, Rights } from "../lib/rights.ts";

interface Reason {
  /** The role's name without its hash. */
  readonly role: RegExp;
  readonly action: RegExp;
  /** The end of the granted ARN, where other resources' same action is used. */
  readonly resource?: RegExp;
  readonly why: string;
}

const BY_LAMBDA = "Lambda itself does it, with the function's role, before or after it calls the function";

const REASONS: readonly Reason[] = [
  {
    role: /Role$/,
    action: /^logs:(CreateLogStream|PutLogEvents)$/,
    resource: /Log[0-9A-F]{8}:/,
    why: BY_LAMBDA,
  },
  {
    role: /Role$/,
    action: /^sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$/,
    resource: /Queue[0-9A-F]{8}$/,
    why: BY_LAMBDA,
  },
  {
    role: /Role$/,
    action: /^sqs:SendMessage$/,
    resource: /(DeadLetters|Unpublished)[0-9A-F]{8}$/,
    why: BY_LAMBDA,
  },
  {
    role: /^UsagePublisherRole$/,
    action: /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/,
    why: BY_LAMBDA,
  },
  {
    role: /^UsageLakeStreamRole$/,
    action: /^(s3|glue|logs):/,
    why: "Firehose's role, which no code of ours has; as AWS's guide for Firehose lists it",
  },
  {
    role: /^UsageLakeRuleRole$/,
    action: /^firehose:/,
    why: "EventBridge's role, which no code of ours has",
  },
  {
    role: /^GatewayFunctionRole$/,
    action: /^bedrock:/,
    why: "Bedrock is a provider: what it is sent, and how it is signed, is in test/adapters/bedrock and test/translators",
  },
];

/** @returns rights that were neither used nor are in the list, and reasons that explain no unused right. */
export function unexplained(
  rights: Rights,
  used: ReadonlyMap<string, readonly Right[]>,
): { rights: string[]; reasons: string[] } {
  const unused = rights.roles.flatMap((role) =>
    rights
      .grantedTo(role)
      .filter((granted) => !(used.get(role) ?? []).some((call) => covers(granted, call)))
      .map((granted) => ({ role: role.replace(/[0-9A-F]{8}$/, ""), ...granted })),
  );
  const explains = (reason: Reason, { role, action, resource }: (typeof unused)[number]) =>
    reason.role.test(role) && reason.action.test(action) && (reason.resource?.test(resource) ?? true);
  return {
    rights: unused
      .filter((right) => !REASONS.some((reason) => explains(reason, right)))
      .map(({ role, action, resource }) => `${role}: ${action} on ${resource}`),
    reasons: REASONS.filter((reason) => !unused.some((right) => explains(reason, right))).map(
      ({ why }) => why,
    ),
  };
}

/** A star stands for anything. */
function covers(granted: Right, call: Right): boolean {
  if (granted.action !== call.action) return false;
  const parts = granted.resource.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(call.resource);
}
