/** A template against AWS's own resource schemas: unknown types and properties, missing ones, and values of a wrong kind. */
import { loadAwsServiceSpec } from "@aws-cdk/aws-service-spec";
import type { PropertyType, ResourceProperties, SpecDatabase } from "@aws-cdk/service-spec-types";
import type { TemplateJson } from "./synthesized.ts";

export interface SchemaReport {
  /** Properties that were compared, those within properties included. */
  readonly compared: number;
  readonly findings: readonly string[];
}

/** What a template says instead of a value, to be filled in by CloudFormation. */
const INTRINSIC = /^(Ref|Fn::\w+)$/;

export async function compareWithSchemas(template: TemplateJson): Promise<SchemaReport> {
  const database = await loadAwsServiceSpec();
  const comparison = new Comparison(database);
  for (const [id, { Type, Properties = {} }] of Object.entries<Record<string, unknown>>(
    template.toJSON()["Resources"],
  )) {
    // Their properties are their handler's affair.
    if (String(Type).startsWith("Custom::")) continue;
    const [resource] = database.lookup("resource", "cloudFormationType", "equals", String(Type));
    if (!resource) comparison.findings.push(`${id}: AWS knows no resource ${Type}`);
    else comparison.object(`${id}.${Type}`, Properties, resource.properties);
  }
  return comparison;
}

class Comparison implements SchemaReport {
  compared = 0;
  readonly findings: string[] = [];
  readonly #database: SpecDatabase;

  constructor(database: SpecDatabase) {
    this.#database = database;
  }

  object(place: string, value: unknown, properties: ResourceProperties): void {
    if (!isObject(value)) {
      this.#report(place, value, "an object");
      return;
    }
    for (const [name, { required }] of Object.entries(properties)) {
      if (required && !(name in value)) this.findings.push(`${place}: ${name} is required and missing`);
    }
    for (const [name, inner] of Object.entries(value)) {
      const property = properties[name];
      if (property) this.#value(`${place}.${name}`, inner, property.type);
      else this.findings.push(`${place}: AWS knows no property ${name}`);
    }
  }

  #value(place: string, value: unknown, type: PropertyType): void {
    this.compared += 1;
    if (isIntrinsic(value)) return;
    if (type.type === "array") this.#items(place, value, type.element);
    else if (type.type === "map") this.#members(place, value, type.element);
    else if (type.type === "union") this.#union(place, value, type.types);
    else if (type.type === "ref") {
      this.object(place, value, this.#database.get("typeDefinition", type.reference.$ref).properties);
    } else if (!isOfKind(value, type)) this.#report(place, value, formOf(type));
  }

  #items(place: string, value: unknown, element: PropertyType): void {
    if (!Array.isArray(value)) this.#report(place, value, "a list");
    else for (const [index, item] of value.entries()) this.#value(`${place}[${index}]`, item, element);
  }

  #members(place: string, value: unknown, element: PropertyType): void {
    if (!isObject(value)) this.#report(place, value, "an object");
    else for (const [key, item] of Object.entries(value)) this.#value(`${place}.${key}`, item, element);
  }

  /** One of the types must take it without a complaint. */
  #union(place: string, value: unknown, types: readonly PropertyType[]): void {
    const tries = types.map((type) => {
      const attempt = new Comparison(this.#database);
      attempt.#value(place, value, type);
      return attempt.findings;
    });
    if (tries.some((findings) => findings.length === 0)) return;
    this.findings.push(...(tries[0] ?? []));
  }

  #report(place: string, value: unknown, form: string): void {
    this.findings.push(`${place}: found ${JSON.stringify(value)}, expected ${form}`);
  }
}

function isOfKind(value: unknown, type: PropertyType): boolean {
  switch (type.type) {
    case "string":
      return isText(value) && (!type.allowedValues?.length || type.allowedValues.includes(String(value)));
    case "date-time":
      return isText(value);
    case "integer":
      return Number.isInteger(Number(value));
    case "number":
      return Number.isFinite(Number(value));
    case "boolean":
      return typeof value === "boolean";
    case "tag":
      return isObject(value) && "Key" in value && "Value" in value;
    default:
      return true;
  }
}

function formOf(type: PropertyType): string {
  return "allowedValues" in type ? `one of ${type.allowedValues?.join(", ")}` : `a ${type.type}`;
}

function isText(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isIntrinsic(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1 && INTRINSIC.test(Object.keys(value)[0] ?? "");
}
