/** The section `deployment` of the configuration: how the stack is made in one's own AWS account. */
import { z } from "zod";
import { fields, oneOf, text, wholeNumber } from "./config-fields.ts";

const HOST = /^(?=.{4,64}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/;

const HostedZone = fields({
  id: text(/^Z[A-Z0-9]{5,31}$/, 'the id of a Route 53 hosted zone, such as "Z0123456789ABC"'),
  name: text(HOST, 'the name of the hosted zone, such as "example.com"'),
});

const CustomDomain = fields({
  name: text(HOST, 'a host name in lower case, such as "api.example.com"'),
  /** Given: the certificate (unless one is named) and the DNS records are made here. */
  hostedZone: HostedZone.optional(),
  /** Of ACM, in the stack's own region. */
  certificateArn: text(
    /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    'the ARN of an ACM certificate in the region of the stack, "arn:aws:acm:REGION:ACCOUNT:certificate/ID"',
  ).optional(),
}).superRefine(({ name, hostedZone, certificateArn }, context) => {
  if (!hostedZone && !certificateArn) {
    const message = "the id and name of a hosted zone, or a certificateArn beside the name";
    context.addIssue({ code: "custom", message, path: ["hostedZone"] });
  }
  if (hostedZone && name !== hostedZone.name && !name.endsWith(`.${hostedZone.name}`)) {
    const message = `a zone that ${name} is in`;
    context.addIssue({ code: "custom", message, path: ["hostedZone", "name"] });
  }
});

/** What CloudWatch Logs takes; the longest are for those whose auditors ask. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653,
];

const FROM_ADDRESS = 'an address to write to, such as "on-call@example.com"';

const REQUESTS_PER_ENVIRONMENT = "a number of requests, from 1 to 1,600";

export const Deployment = fields({
  /** Everything goes with the stack, money and keys included. Only for trying it out. */
  trial: z.boolean({ error: "true or false" }).default(false),
  /** Who is written to when an alarm rings. AWS asks the address for its consent first. */
  alarmEmail: z.email({ error: FROM_ADDRESS }).optional(),
  customDomain: CustomDomain.optional(),
  /** A web application firewall before the API: about 8 USD a month and 0.60 USD a million requests. */
  waf: fields({
    /** From one address; AWS takes 10 and more. */
    requestsPerFiveMinutes: wholeNumber("a number of requests, at least 10")
      .min(10, { error: "a number of requests, at least 10" })
      .default(3_000),
  }).optional(),
  /** Environments of the gateway that are kept warm; each is paid for by the hour. */
  provisionedConcurrency: wholeNumber("a number of environments, at least 1").optional(),
  /** Taken out of the account's quota, for the gateway alone. A fresh account's quota is too small for any. */
  reservedConcurrency: wholeNumber("a number of environments, at least 1").optional(),
  /** The gateway on EC2 instances that Lambda runs, many requests in one environment at once. */
  managedInstances: fields({
    /** Of the operator's making: it says in which VPC, on which instances and up to how many. */
    capacityProviderArn: text(
      /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:capacity-provider:[\w-]+$/,
      'the ARN of a capacity provider of Lambda, "arn:aws:lambda:REGION:ACCOUNT:capacity-provider:NAME"',
    ),
    /** What one environment may have open at a time. */
    requestsPerEnvironment: wholeNumber(REQUESTS_PER_ENVIRONMENT)
      .max(1_600, { error: REQUESTS_PER_ENVIRONMENT })
      .default(64),
  }).optional(),
  /** `warn` counts requests that went well without a line of their own in the log. */
  logLevel: oneOf("info", "warn").default("info"),
  /** Spans of chat requests are sent here: OTLP over HTTP, as JSON. */
  traces: fields({
    endpoint: text(
      /^https:\/\/[\w.-]+(:\d+)?\/[\w./-]*$/,
      'the https URL that takes OTLP traces as JSON, such as "https://collector.example.com/v1/traces"',
    ),
  }).optional(),
  logRetentionDays: z
    .int({ error: `one of ${RETENTION_DAYS.join(", ")}` })
    .refine((days) => RETENTION_DAYS.includes(days), { error: `one of ${RETENTION_DAYS.join(", ")}` })
    .default(90),
}).superRefine(({ provisionedConcurrency, reservedConcurrency, managedInstances }, context) => {
  if (managedInstances && provisionedConcurrency !== undefined) {
    const message = "not beside managedInstances, whose environments are warm anyway";
    context.addIssue({ code: "custom", message, path: ["provisionedConcurrency"] });
    return;
  }
  if (provisionedConcurrency === undefined || reservedConcurrency === undefined) return;
  if (provisionedConcurrency <= reservedConcurrency) return;
  const message = `at most reservedConcurrency, ${reservedConcurrency}`;
  context.addIssue({ code: "custom", message, path: ["provisionedConcurrency"] });
});

/** How this deployment differs from the default one. */
export type DeploymentSettings = z.output<typeof Deployment>;
