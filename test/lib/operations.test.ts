import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";
import { flat, viewOf } from "./template-view.ts";

let synthesized: Synthesized;
beforeAll(async () => {
  synthesized = await synthesize();
}, SYNTHESIS_LIMIT_MS);

const { resources, only, resourceNamed } = viewOf(() => synthesized.template);

function alarms() {
  return resources("AWS::CloudWatch::Alarm").map(([id, alarm]) => ({ id, ...alarm["Properties"] }));
}

test("every alarm, and its recovery, is told to the topic that the alarm address reads", () => {
  const topic = { Ref: resourceNamed(/^OperationsAlarms[0-9A-F]{8}$/) };
  expect(alarms().length).toBeGreaterThan(15);
  for (const { id, AlarmActions, OKActions } of alarms()) {
    expect([AlarmActions, OKActions], id).toEqual([[topic], [topic]]);
  }
  expect(synthesized.template.toJSON()["Outputs"].AlarmTopic.Value).toEqual(topic);
});

test("the topic takes what CloudWatch sends for this account, over TLS, although it has a policy", () => {
  const { Statement } = only("AWS::SNS::TopicPolicy")["Properties"].PolicyDocument;
  expect(Statement).toContainEqual(
    expect.objectContaining({
      Effect: "Allow",
      Action: "sns:Publish",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
    }),
  );
  expect(flat(Statement)).toContain('"aws:SecureTransport":"false"');
});

// --- the runbook ----------------------------------------------------------------------------------------------

/** The entries of docs/runbook.md by their headings. */
function runbook(): Map<string, string> {
  const sections = readFileSync("docs/runbook.md", "utf8").split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end).trim(), section.slice(end).split(/^## /m)[0] ?? ""];
    }),
  );
}

function entryOf({ AlarmDescription }: { AlarmDescription: string }): string {
  return /docs\/runbook\.md, "([^"]+)"/.exec(AlarmDescription)?.[1] ?? "no entry";
}

test("every alarm has its entry in the runbook, and every entry its alarm", () => {
  const named = new Set(
    alarms().map((alarm) =>
      entryOf({ AlarmDescription: flat(alarm.AlarmDescription).replaceAll('\\"', '"') }),
    ),
  );
  expect([...runbook().keys()].sort()).toEqual([...named].sort());
});

test("every entry says what is seen, why, where to look and how to mend it", () => {
  for (const [heading, text] of runbook()) {
    for (const part of ["Symptom", "Likely cause", "Look", "Mend"]) {
      expect(text, `${heading}: ${part}`).toMatch(new RegExp(`^- \\*\\*${part}\\.\\*\\* \\S`, "m"));
    }
    expect(text, `${heading} names a command`).toMatch(/`[^`]{6,}`|^ {4,}\S/m);
  }
});

// --- the dashboard --------------------------------------------------------------------------------------------

test("the dashboard shows every alarm, every queue of dead letters and every function, on one page", () => {
  const body = flat(only("AWS::CloudWatch::Dashboard")["Properties"].DashboardBody);
  for (const { id } of alarms()) expect(body, id).toContain(`"${id}"`);
  for (const [id, queue] of resources("AWS::SQS::Queue")) {
    if (!queue["Properties"].RedrivePolicy) expect(body, id).toContain(`"${id}"`);
  }
  for (const [id] of resources("AWS::Lambda::Function")) {
    if (!id.startsWith("Custom")) expect(body, id).toContain(`"${id}"`);
  }
});

test("the runbook describes the dashboard as it is: the same graphs in the same order", () => {
  const body = flat(only("AWS::CloudWatch::Dashboard")["Properties"].DashboardBody);
  const titles = [...body.matchAll(/\\*"title\\*":\\*"([^"\\]+)/g)].map(([, title]) => title);
  const [, section = ""] = readFileSync("docs/runbook.md", "utf8").split("## The dashboard\n");
  const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| [^|]*\| ([A-Z][^|]*) \|$/gm)];
  expect(rows.flatMap(([, graphs = ""]) => graphs.split(" · "))).toEqual(titles);
});

test("the dashboard and the alarms name metrics that the rooms write, and no others", () => {
  const sources = ["lambda/adapters/cloudwatch/request-log.ts", ...handlers()].map((file) =>
    readFileSync(file, "utf8"),
  );
  const body = flat(only("AWS::CloudWatch::Dashboard")["Properties"].DashboardBody);
  const shown = [...body.matchAll(/\[\\*"WLRouter\\*",\\*"(\w+)\\*"/g)].map(([, name]) => name);
  const rung = alarms().flatMap(({ Namespace, MetricName }) =>
    Namespace === "WLRouter" ? [MetricName] : [],
  );
  const named = new Set([...shown, ...rung]);
  expect(named.size).toBeGreaterThan(15);
  for (const name of named) {
    expect(
      sources.some((source) => source.includes(name)),
      `${name} is written somewhere`,
    ).toBe(true);
  }
});

function handlers(): string[] {
  const rooms = [
    "ledger",
    "ledger/settle",
    "ledger/audit",
    "usage/publish",
    "reports",
    "payments/webhook",
    "payments/reconcile",
  ];
  return rooms.map((room) => `lambda/${room}/handler.ts`);
}
