/** Ways to ask a synthesized template, for tests of what it must hold. */
import { expect } from "vitest";
import type { Resource, TemplateJson } from "./synthesized.ts";

export interface TemplateView {
  resources(type: string): [string, Resource][];
  /** The one resource of its type (whose logical id matches). */
  only(type: string, id?: RegExp): Resource;
  /** Its logical id, whole. */
  resourceNamed(id: RegExp): string;
  /** How the template refers to the ARN of what was named so in the code, or to what is below it. */
  arn(name: string, below?: string): object;
  /** What a function's own role allows; the role must have nothing else. */
  rightsOf(functionId: string): unknown;
  /** What a role allows that was named so in the code; it must have nothing else. */
  rightsOfRole(name: string): unknown;
}

/** @param template is asked for each time: a test file has it only after its `beforeAll`. */
export function viewOf(template: () => TemplateJson): TemplateView {
  const resources = (type: string) => Object.entries(template().findResources(type));
  const only = (type: string, id = /^/): Resource => {
    const found = resources(type).filter(([name]) => id.test(name));
    expect(found, `${type} ${id}`).toHaveLength(1);
    return found[0]?.[1] ?? {};
  };
  const resourceNamed = (id: RegExp): string =>
    Object.keys(template().toJSON()["Resources"]).find((name) => id.test(name)) ?? `nothing matches ${id}`;
  const arn = (name: string, below = "") => {
    const whole = { "Fn::GetAtt": [resourceNamed(new RegExp(`^${name}[0-9A-F]{8}$`)), "Arn"] };
    return below ? { "Fn::Join": ["", [whole, below]] } : whole;
  };
  const rightsOf = (functionId: string): unknown => {
    const roleId = resourceNamed(new RegExp(`^${functionId}Role[0-9A-F]{8}$`));
    const fn = only("AWS::Lambda::Function", new RegExp(`^${functionId}[0-9A-F]{8}$`));
    expect(fn["Properties"].Role).toEqual({ "Fn::GetAtt": [roleId, "Arn"] });
    return rightsOfRole(`${functionId}Role`);
  };
  const rightsOfRole = (name: string): unknown => {
    const roleId = resourceNamed(new RegExp(`^${name}[0-9A-F]{8}$`));
    const role = only("AWS::IAM::Role", new RegExp(`^${roleId}$`));
    expect(role["Properties"].ManagedPolicyArns).toBeUndefined();
    expect(role["Properties"].Policies).toBeUndefined();
    const policies = resources("AWS::IAM::Policy").map(([, policy]) => policy["Properties"]);
    const own = policies.filter((policy) => flat(policy.Roles).includes(roleId));
    expect(own).toHaveLength(1);
    expect(own[0].Roles).toEqual([{ Ref: roleId }]);
    return own[0].PolicyDocument.Statement;
  };
  return { resources, only, resourceNamed, arn, rightsOf, rightsOfRole };
}

/** A piece of template as one string, to be searched. */
export function flat(value: unknown): string {
  return JSON.stringify(value);
}

export function allow(Action: string | string[], Resource: unknown): object {
  return { Effect: "Allow", Action, Resource };
}
