import { CfnNamedQuery, CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

export interface LakeQueriesProps {
  readonly bucket: Bucket;
  readonly database: string;
}

export const WORKGROUP = "wlrouter";

/** Where answers are kept, in the lake's bucket; they expire. */
export const RESULTS_PREFIX = "athena-results/";

/** At 5 USD a terabyte a slip of the pen costs 50 cents at most. The lake takes some 200 bytes a charge. */
const BYTES_CUTOFF = 100 * 1000 ** 3;

/** Where an operator asks the lake in SQL: a place for the answers, a limit, and the questions asked most. */
export class LakeQueries extends Construct {
  constructor(scope: Construct, id: string, { bucket, database }: LakeQueriesProps) {
    super(scope, id);
    const workGroup = new CfnWorkGroup(this, "WorkGroup", {
      name: WORKGROUP,
      description: "WLRouter's lake of charges",
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: BYTES_CUTOFF,
        engineVersion: { selectedEngineVersion: "Athena engine version 3" },
        resultConfiguration: {
          outputLocation: `s3://${bucket.bucketName}/${RESULTS_PREFIX}`,
          encryptionConfiguration: { encryptionOption: "SSE_S3" },
        },
      },
    });
    for (const { name, description, sql } of SAVED_QUERIES) {
      const query = new CfnNamedQuery(this, name.replaceAll(" ", ""), {
        name,
        description,
        database,
        workGroup: WORKGROUP,
        queryString: sql,
      });
      query.addResourceDependency(workGroup);
    }
  }
}

interface SavedQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/**
 * The charges of the last 30 days and of today, each once: deliveries repeat, word for word. Each query names the columns
 * it needs, for Athena is paid by the bytes it reads.
 */
function charges(...columns: string[]): string {
  return `WITH charges AS (
  SELECT DISTINCT account_id, entry_id, ${columns.join(", ")}
  FROM usage
  WHERE dt >= CAST(current_date - INTERVAL '30' DAY AS varchar)
)`;
}

/** The sum of a column of pico-USD in USD, exact to the last digit: 64 bits would end at 9.2 million USD. */
function usd(column: string): string {
  return `sum(CAST(${column} AS decimal(38, 0))) * CAST('0.000000000001' AS decimal(13, 12))`;
}

/** For the table `usage` of Athena's SQL; DuckDB understands them too. */
export const SAVED_QUERIES: readonly SavedQuery[] = [
  {
    name: "Cost by model",
    description: "What each model was used for and what it cost, over 30 days",
    sql: `${charges("model", "provider", "total_input_tokens", "output_tokens", "cost_pico_usd")}
SELECT model, provider, count(*) AS requests, sum(total_input_tokens) AS input_tokens,
  sum(output_tokens) AS output_tokens, ${usd("cost_pico_usd")} AS cost_usd
FROM charges
GROUP BY model, provider
ORDER BY cost_usd DESC`,
  },
  {
    name: "Cost by key",
    description: "What each key of each account spent, by the client's own tag, over 30 days",
    sql: `${charges("key_id", "tag", "cost_pico_usd")}
SELECT account_id, key_id, tag, count(*) AS requests, ${usd("cost_pico_usd")} AS cost_usd
FROM charges
GROUP BY account_id, key_id, tag
ORDER BY cost_usd DESC`,
  },
  {
    name: "Top accounts",
    description:
      "The hundred accounts that spent most over 30 days, and what could not be collected from them",
    sql: `${charges("cost_pico_usd", "write_off_pico_usd")}
SELECT account_id, count(*) AS requests, ${usd("cost_pico_usd")} AS cost_usd,
  ${usd("write_off_pico_usd")} AS write_off_usd
FROM charges
GROUP BY account_id
ORDER BY cost_usd DESC
LIMIT 100`,
  },
  {
    name: "Cache savings",
    description: "How much of each model's input came from the provider's cache, over 30 days",
    sql: `${charges("model", "cache_read_tokens", "cache_write_tokens", "total_input_tokens", "cost_pico_usd")}
SELECT model, sum(total_input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens,
  sum(cache_write_tokens) AS cache_write_tokens,
  CAST(sum(cache_read_tokens) AS double) / nullif(sum(total_input_tokens), 0) AS cached_share,
  ${usd("cost_pico_usd")} AS cost_usd
FROM charges
GROUP BY model
ORDER BY cache_read_tokens DESC`,
  },
  {
    name: "Error rate",
    description: "How the requests of each model and provider ended, hour by hour, over 30 days",
    sql: `${charges("model", "provider", "outcome", "estimated", "substr(created_at, 1, 13) AS created_hour")}
SELECT created_hour, model, provider, count(*) AS requests,
  count(CASE WHEN outcome <> 'completed' THEN 1 END) AS not_completed,
  count(CASE WHEN estimated THEN 1 END) AS estimated,
  CAST(count(CASE WHEN outcome <> 'completed' THEN 1 END) AS double) / count(*) AS error_rate
FROM charges
GROUP BY created_hour, model, provider
ORDER BY created_hour DESC, error_rate DESC`,
  },
];
