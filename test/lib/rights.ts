/** The rights that a template gives, as AWS would decide on them: policies with real ARNs, and a simulator of IAM. */
import { runSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import type { Resource, TemplateJson } from "./synthesized.ts";

const ACCOUNT = "123456789012";
const REGION = "eu-central-1";

const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": REGION,
  "AWS::AccountId": ACCOUNT,
  "AWS::URLSuffix": "amazonaws.com",
};

/** How the ARN of a resource of that type goes on behind the account. */
const ARNS: Readonly<Record<string, (id: string) => string>> = {
  "AWS::DynamoDB::GlobalTable": (id) => regional("dynamodb", `table/${id}`),
  "AWS::SQS::Queue": (id) => regional("sqs", id),
  "AWS::SNS::Topic": (id) => regional("sns", id),
  "AWS::Logs::LogGroup": (id) => regional("logs", `log-group:${id}:*`),
  "AWS::SecretsManager::Secret": (id) => regional("secretsmanager", `secret:${id}-AbCdEf`),
  "AWS::Events::EventBus": (id) => regional("events", `event-bus/${id}`),
  "AWS::KinesisFirehose::DeliveryStream": (id) => regional("firehose", `deliverystream/${id}`),
  "AWS::Lambda::Function": (id) => regional("lambda", `function:${id}`),
  "AWS::Cognito::UserPool": (id) => regional("cognito-idp", `userpool/${REGION}_${id}`),
  "AWS::S3::Bucket": (id) => `arn:aws:s3:::${id.toLowerCase()}`,
};

function regional(service: string, rest: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
}

export interface Right {
  readonly action: string;
  readonly resource: string;
}

export interface Rights {
  /** The roles that a function or a service of the stack has, by logical id. */
  readonly roles: readonly string[];
  /** Every action of every statement on every resource of it, as they stand in the role's policies. */
  grantedTo(role: string): Right[];
  /** @returns whether the role may, by its policies. @throws Error for a call that AWS does not know. */
  may(role: string, action: string, resource: string): Promise<boolean>;
  /** The ARN of the resource whose logical id begins so. */
  arnOf(idPrefix: string): string;
  /**
   * A piece of the template as CloudFormation would hand it over.
   * @param refs what is known better of a `Ref` than that it is the resource's name
   */
  resolve(value: unknown, refs?: (id: string) => string | undefined): unknown;
}

export function rightsIn(template: TemplateJson): Rights {
  const resources: Record<string, Resource> = template.toJSON()["Resources"];
  const resolve: Rights["resolve"] = (value, refs = () => undefined) =>
    resolved(value, resources, (id) => refs(id) ?? nameOf(id, resources));
  const policies = Object.entries(resources)
    .filter(([, { Type }]) => Type === "AWS::IAM::Policy")
    .map(([name, { Properties }]) => ({
      name,
      roles: Properties.Roles.map((role: { Ref: string }) => role.Ref) as string[],
      policy: resolve(Properties.PolicyDocument),
    }));
  const policiesOf = (role: string) => policies.filter(({ roles }) => roles.includes(role));
  return {
    resolve,
    roles: [...new Set(policies.flatMap(({ roles }) => roles))],
    grantedTo: (role) => policiesOf(role).flatMap(({ policy }) => rightsOf(policy)),
    may: (role, action, resource) =>
      isAllowed({
        request: {
          principal: `arn:aws:iam::${ACCOUNT}:role/${role}`,
          action,
          resource: { resource, accountId: ACCOUNT },
          contextVariables: {},
        },
        identityPolicies: policiesOf(role).map(({ name, policy }) => ({ name, policy })),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      }),
    arnOf(idPrefix) {
      const [id, resource] = Object.entries(resources).find(([name]) => name.startsWith(idPrefix)) ?? [];
      if (!id || !resource) throw new Error(`nothing begins with ${idPrefix}`);
      return arn(id, resource);
    },
  };
}

async function isAllowed(simulation: Simulation): Promise<boolean> {
  const { action, resource } = simulation.request;
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === "error") {
    throw new Error(`${action} on ${resource.resource}: ${JSON.stringify(answer.errors)}`);
  }
  return answer.overallResult === "Allowed";
}

function rightsOf(policy: unknown): Right[] {
  const {
    Statement,
  }: { Statement: { Effect: string; Action: string | string[]; Resource: string | string[] }[] } =
    Object(policy);
  return Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action, Resource: on }) =>
    [Action].flat().flatMap((action) => [on].flat().map((resource) => ({ action, resource }))),
  );
}

function arn(id: string, resource: Resource): string {
  return ARNS[resource["Type"]]?.(id) ?? `arn:aws:unknown:${REGION}:${ACCOUNT}:${id}`;
}

function resolved(
  value: unknown,
  resources: Record<string, Resource>,
  refs: (id: string) => string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, resources, refs));
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::GetAtt": att, "Fn::Join": join } = value as Resource;
  if (typeof Ref === "string") return PSEUDO[Ref] ?? refs(Ref);
  if (att) {
    const [id, attribute] = att;
    const whole = arn(id, resources[id] ?? {});
    return attribute === "StreamArn" ? `${whole}/stream/2026-11-23T00:00:00.000` : whole;
  }
  if (join) return join[1].map((part: unknown) => resolved(part, resources, refs)).join(join[0]);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolved(item, resources, refs)]),
  );
}

/** A secret's `Ref` is its ARN; others are their names. */
function nameOf(id: string, resources: Record<string, Resource>): string {
  return resources[id]?.["Type"] === "AWS::SecretsManager::Secret" ? arn(id, resources[id]) : id;
}
