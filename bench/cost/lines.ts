import { createRequestLog } from "../../lambda/adapters/cloudwatch/request-log.ts";
import { eventOf } from "../../lambda/core/events.ts";
import { itemSizeBytes } from "../../test/adapters/dynamodb/item-size.ts";
import { accountWith, factsOf, holdRequest } from "../ledger/accounts.ts";
import { unitsOfWrite } from "../ledger/ceiling.ts";

export interface Load {
  readonly requests: number;
  /** How long a function is kept by a request. */
  readonly seconds: number;
  readonly memoryMb: number;
  /** Of one account at once: they make its item large. */
  readonly openHolds: number;
  readonly answerBytes: number;
  /** Over which the requests are spread: files of the lake are written by the hour. */
  readonly hours: number;
}

export interface Line {
  readonly what: string;
  /** Of `prices.json`. */
  readonly price: string;
  readonly quantity: number;
  /** How the quantity comes about. */
  readonly because: string;
}

const GB = 1e9;
const CALL_BYTES = 10 * 1_048_576;
const FREE_OF_STREAM_BYTES = 6 * 1_048_576;
const FIREHOSE_RECORD_BYTES = 5 * 1_024;
/** Two indexes of the Ledger get each entry: as `npm run bench:ledger` counts. */
const LEDGER_UNITS = 3;
const ITEM_WRITES = 3;
const LAKE_FILES_AN_HOUR = 4;
/** API Gateway's access line and Lambda's START and REPORT: their lengths are AWS's. Assumed. */
const LINES_OF_AWS_BYTES = 1_000;

/** What `requests` cost, line by line. Free tiers and what is paid by the month are left out. */
export function linesOf(load: Load): Line[] {
  const { requests, seconds, memoryMb, openHolds, answerBytes, hours } = load;
  const itemUnits = unitsOfWrite(itemSizeBytes(accountWith("acct_0123456789", openHolds + 1)));
  const units = ITEM_WRITES * itemUnits + LEDGER_UNITS;
  const logBytes = ownLogBytes() + LINES_OF_AWS_BYTES;
  const calls = Math.max(1, Math.ceil(answerBytes / CALL_BYTES));
  const streamed = Math.max(0, answerBytes - FREE_OF_STREAM_BYTES);
  const each = (bytes: number) => (requests * bytes) / GB;
  return [
    line("API Gateway", "apiGatewayCall", requests * calls, "one a request and begun 10 MB"),
    line("Lambda, gateway's invocations", "lambdaRequest", requests, "one a request"),
    line(
      "Lambda, gateway's time",
      "lambdaArmGbSecond",
      (requests * seconds * memoryMb) / 1_024,
      `${seconds} s at ${memoryMb / 1_024} GB`,
    ),
    line("Lambda, streamed bytes", "lambdaStreamedGb", each(streamed), `${streamed} bytes beyond 6 MB`),
    line(
      "DynamoDB writes",
      "dynamoWriteUnit",
      requests * units,
      `3 of the account's item of ${itemUnits} kB, 3 of the entry and its indexes`,
    ),
    line(
      "DynamoDB reads",
      "dynamoReadUnit",
      requests / 2,
      "the key, half a unit; at most: it is cached for a minute",
    ),
    line("DynamoDB stream", "dynamoStreamRead", requests, "read by Lambda"),
    line("EventBridge", "eventBridgeEvent", requests, "one event a charge"),
    line("EventBridge archive", "eventBridgeArchiveGb", each(eventBytes()), `${eventBytes()} bytes an event`),
    line("SQS", "sqsRequest", requests * 2 * 1.2, "two queues: one in, a tenth to receive and to delete ten"),
    line("Firehose", "firehoseGb", each(FIREHOSE_RECORD_BYTES), "5 KB a record"),
    line("Firehose to Parquet", "firehoseConversionGb", each(FIREHOSE_RECORD_BYTES), "5 KB a record"),
    line("S3 files of the lake", "s3Put", hours * LAKE_FILES_AN_HOUR, `four an hour for ${hours} hours`),
    line("S3, a month", "s3GbMonth", each(eventBytes()), "at most: Parquet is smaller than the event"),
    line("CloudWatch logs", "logsGb", each(logBytes), `${ownLogBytes()} bytes of ours, about 1,000 of AWS's`),
    line("Bytes to the internet", "transferOutGb", each(answerBytes), `${answerBytes} bytes an answer`),
  ];
}

function line(what: string, price: string, quantity: number, because: string): Line {
  return { what, price, quantity, because };
}

function sampleCharge() {
  const { hold, requestId, accountId } = holdRequest("acct_0123456789");
  return factsOf({ accountId, requestId, hold: { ...hold, attempt: "" }, text: "" });
}

function eventBytes(): number {
  const charge = sampleCharge();
  const entry = {
    accountId: "acct_0123456789",
    entryId: charge.requestId,
    type: "charge",
    amountPicoUsd: -1_000_000n,
    writeOffPicoUsd: 0n,
    createdAt: charge.createdAt,
    charge,
  } as const;
  return JSON.stringify(eventOf(entry)).length;
}

function ownLogBytes(): number {
  let bytes = 0;
  const { requestId, keyId, model, provider, createdAt } = sampleCharge();
  createRequestLog((text) => {
    bytes += text.length;
  }, "info").write({
    at: createdAt,
    requestId,
    status: 200,
    accountId: "acct_0123456789",
    keyId,
    model,
    provider,
    outcome: "completed",
    inputTokens: 1_234,
    outputTokens: 567,
    costUsd: "0.0014008",
    latencyMs: 4_321,
    timeToFirstTokenMs: 432,
    overheadMs: 12,
  });
  return bytes;
}
