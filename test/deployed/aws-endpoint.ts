/**
 * AWS as one function sees it, on a port of its own: each call is written down as IAM names it (action and resource), and
 * answered by the embedded stores, or as the service would. Names in requests are those that the template gives.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { LOCAL_BUCKET } from "../../local/s3.ts";
import type { Right } from "../lib/rights.ts";

/** What stands behind all functions' endpoints. */
export interface Aws {
  readonly dynamoEndpoint: string;
  readonly s3Endpoint: string;
  /** The ARN of what the template names so. */
  readonly arnOf: (id: string) => string;
  /** What secrets hold, by their ARNs. */
  readonly secrets: Map<string, object>;
  /** What was sent to the bus. */
  readonly events: { readonly DetailType: string; readonly Detail: string }[];
  /** What was sent to queues: bodies. */
  readonly messages: string[];
  /** Lines that a search of logs finds. */
  readonly logLines: string[];
  /** Which calls of DynamoDB fail, and whether what they asked for was done all the same. */
  fails: (operation: string, body: string) => "undone" | "done" | undefined;
}

export interface AwsEndpoint {
  readonly origin: string;
  readonly calls: Right[];
  close(): Promise<void>;
}

interface Call {
  readonly operation: string;
  readonly fields: Record<string, unknown>;
  readonly body: Buffer;
  readonly request: IncomingMessage;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export async function startAwsEndpoint(aws: Aws): Promise<AwsEndpoint> {
  const calls: Right[] = [];
  const server = createServer((request, response) => {
    answer(aws, calls, request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ __type: "InternalFailure", message: String(error) }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  aws: Aws,
  calls: Right[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const target = request.headers["x-amz-target"];
  const [, operation = ""] = String(target ?? "").split(".");
  const fields = target ? JSON.parse(body.toString()) : {};
  const call: Call = { operation, fields, body, request };
  const service = serviceOf(request);
  const known = SERVICES[service];
  if (!known) throw new Error(`nobody here answers for ${service}`);
  const rights = known.rights(call, aws);
  calls.push(...rights);
  const { status = 200, headers = {}, body: text } = await known.answer(call, aws);
  response.writeHead(status, headers).end(text);
}

/** As the request is signed: `Credential=AKID/20261123/eu-central-1/dynamodb/aws4_request`. */
function serviceOf({ headers, url = "" }: IncomingMessage): string {
  const signed = headers.authorization ?? decodeURIComponent(url);
  return /\/\d{8}\/[\w-]+\/([\w-]+)\/aws4_request/.exec(signed)?.[1] ?? "an unsigned request";
}

interface Service {
  rights(call: Call, aws: Aws): Right[];
  answer(call: Call, aws: Aws): Promise<Answer> | Answer;
}

const json = (value: object, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: JSON.stringify(value),
});

const FAILURE = json({ __type: "InternalServerError" }, 500);

const dynamodb: Service = {
  rights({ operation, fields: { TableName, IndexName } }, { arnOf }) {
    const table = arnOf(String(TableName));
    return [{ action: `dynamodb:${operation}`, resource: IndexName ? `${table}/index/${IndexName}` : table }];
  },
  async answer({ operation, fields, body, request }, aws) {
    const failure = aws.fails(operation, body.toString());
    if (failure === "undone") return FAILURE;
    // `LedgerAccountsTable0A1B2C3D` is the stack's name of the table Accounts.
    const TableName = String(fields["TableName"]).replace(/^Ledger(.*)Table[0-9A-F]{8}$/, "$1");
    const answered = await fetch(aws.dynamoEndpoint, {
      method: "POST",
      headers: headersOf(request, ["content-type", "x-amz-target", "x-amz-date", "authorization"]),
      body: JSON.stringify({ ...fields, TableName }),
    });
    const result = Object(await answered.json());
    return failure === "done" ? FAILURE : json(result, answered.status);
  },
};

const s3: Service = {
  rights({ request }, { arnOf }) {
    const { bucket, key } = placeOf(request);
    const arn = arnOf(bucket);
    if (key === "") return [{ action: "s3:ListBucket", resource: arn }];
    const action = request.method === "PUT" ? "s3:PutObject" : "s3:GetObject";
    return [{ action, resource: `${arn}/${key}` }];
  },
  async answer({ request, body }, { s3Endpoint }) {
    const { key, search } = placeOf(request);
    const answered = await fetch(`${s3Endpoint}/${LOCAL_BUCKET}/${key}${search}`, {
      method: request.method ?? "GET",
      headers: headersOf(
        request,
        Object.keys(request.headers).filter((name) => !HOP_BY_HOP.has(name)),
      ),
      ...(request.method === "PUT" && { body: Uint8Array.from(body) }),
    });
    return {
      status: answered.status,
      headers: Object.fromEntries([...answered.headers].filter(([name]) => !HOP_BY_HOP.has(name))),
      body: Buffer.from(await answered.arrayBuffer()),
    };
  },
};

const HOP_BY_HOP = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "keep-alive",
]);

function placeOf({ url = "/" }: IncomingMessage): { bucket: string; key: string; search: string } {
  const { pathname, search } = new URL(url, "http://127.0.0.1");
  const [, bucket = "", ...key] = pathname.split("/");
  return { bucket, key: key.join("/"), search };
}

function headersOf({ headers }: IncomingMessage, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, String(headers[name] ?? "")]));
}

const secretsmanager: Service = {
  rights: ({ operation, fields }) => [
    { action: `secretsmanager:${operation}`, resource: String(fields["SecretId"]) },
  ],
  answer({ fields }, { secrets }) {
    const secret = secrets.get(String(fields["SecretId"]));
    if (!secret) return json({ __type: "ResourceNotFoundException" }, 400);
    return json({ SecretString: JSON.stringify(secret) });
  },
};

const sqs: Service = {
  rights({ operation, fields }, { arnOf }) {
    const id = new URL(String(fields["QueueUrl"])).pathname.split("/").at(-1) ?? "";
    return [{ action: `sqs:${operation}`, resource: arnOf(id) }];
  },
  answer({ operation, fields }, { messages }) {
    if (operation === "SendMessage") messages.push(String(fields["MessageBody"]));
    if (operation === "SendMessage") return json({ MessageId: "m1" });
    return json({ Attributes: { ApproximateNumberOfMessages: "2" } });
  },
};

const events: Service = {
  rights: ({ operation, fields }, { arnOf }) =>
    entriesOf(fields).map(({ EventBusName }) => ({
      action: `events:${operation}`,
      resource: arnOf(EventBusName),
    })),
  answer({ fields }, aws) {
    const entries = entriesOf(fields);
    aws.events.push(...entries);
    return json({ FailedEntryCount: 0, Entries: entries.map((_, index) => ({ EventId: `e${index}` })) });
  },
};

interface PutEvent {
  readonly EventBusName: string;
  readonly DetailType: string;
  readonly Detail: string;
}

function entriesOf({ Entries }: Record<string, unknown>): PutEvent[] {
  return Array.isArray(Entries) ? Entries : [];
}

const logs: Service = {
  rights: ({ operation, fields }, { arnOf }) => [
    // What is asked of a query that was started names no group.
    {
      action: `logs:${operation}`,
      resource: fields["logGroupName"] ? arnOf(String(fields["logGroupName"])) : "*",
    },
  ],
  answer({ operation }, { logLines }) {
    if (operation === "StartQuery") return json({ queryId: "q1" });
    if (operation === "FilterLogEvents") return json({ events: logLines.map((message) => ({ message })) });
    const row = { provider: "p1", requests: "3", outcome: "completed" };
    const fields = Object.entries(row).map(([field, value]) => ({ field, value }));
    return json({ status: "Complete", results: [fields] });
  },
};

const SERVICES: Readonly<Record<string, Service>> = { dynamodb, s3, secretsmanager, sqs, events, logs };
