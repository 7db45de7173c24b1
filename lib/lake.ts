import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { CfnDatabase, CfnTable } from "aws-cdk-lib/aws-glue";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnDeliveryStream } from "aws-cdk-lib/aws-kinesisfirehose";
import { Construct } from "constructs";
import { LAKE_COLUMNS, LAKE_ROOT, LAKE_VERSION } from "../lambda/adapters/s3/lake-schema.ts";
import { addAlarm } from "./alarm.ts";
import { LakeQueries, RESULTS_PREFIX } from "./lake-queries.ts";
import { PrivateBucket } from "./private-bucket.ts";
import { expiringLogGroup } from "./room-function.ts";

/** Glue's and Athena's name for the lake; the table in it is `usage`. */
const DATABASE = "wlrouter";
const TABLE = "usage";

/** The day and the hour of the charge, of the ISO 8601 text. */
const PARTITION_KEYS: CfnDeliveryStream.ProcessorProperty = {
  type: "MetadataExtraction",
  parameters: [
    { parameterName: "JsonParsingEngine", parameterValue: "JQ-1.6" },
    {
      parameterName: "MetadataExtractionQuery",
      parameterValue: "{dt:.created_at[0:10],hour:.created_at[11:13]}",
    },
  ],
};

/** What cannot be converted lands beside the lake, with the reason, for two months. */
const ERRORS_PREFIX = "usage-errors/";

/**
 * Every charge as a row in S3: JSON comes in, Parquet comes out, in folders by day and hour that queries find without a
 * crawler.
 */
export class Lake extends Construct {
  readonly bucket = new PrivateBucket(this, "Bucket", [
    { prefix: ERRORS_PREFIX, expiration: Duration.days(60) },
    { prefix: RESULTS_PREFIX, expiration: Duration.days(30) },
  ]);
  /** Takes usage events, each the detail alone as JSON. */
  readonly stream: CfnDeliveryStream;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const table = this.#makeTable();
    this.stream = this.#makeStream(table);
    this.#watch();
    new LakeQueries(this, "Queries", { bucket: this.bucket, database: DATABASE }).node.addDependency(table);
  }

  #makeTable(): CfnTable {
    const catalogId = Stack.of(this).account;
    const database = new CfnDatabase(this, "Database", {
      catalogId,
      databaseInput: { name: DATABASE, description: "WLRouter: what was used and what it cost" },
    });
    const location = `s3://${this.bucket.bucketName}/${LAKE_ROOT}`;
    const table = new CfnTable(this, "Table", {
      catalogId,
      databaseName: DATABASE,
      tableInput: {
        name: TABLE,
        description: "A row for each delivery of a charge; entry_id tells repetitions. Amounts are pico-USD.",
        tableType: "EXTERNAL_TABLE",
        parameters: {
          EXTERNAL: "TRUE",
          classification: "parquet",
          schema_version: String(LAKE_VERSION),
          ...projectedPartitions(location),
        },
        partitionKeys: [
          { name: "dt", type: "string", comment: "The charge's day, UTC: 2026-11-23" },
          { name: "hour", type: "string", comment: "The charge's hour, UTC: 00 to 23" },
        ],
        storageDescriptor: {
          columns: LAKE_COLUMNS.map(({ name, type }) => ({ name, type })),
          location,
          inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
          outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
          serdeInfo: {
            serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
          },
        },
      },
    });
    table.addResourceDependency(database);
    return table;
  }

  /**
   * By the charge's own time, which `jq` takes out of each record, and not by the time of arrival: so a replay goes where
   * the first delivery went, and a query of a day finds both. This cannot be switched on or off later: the stream would
   * be replaced.
   */
  #makeStream(table: CfnTable): CfnDeliveryStream {
    const logGroup = expiringLogGroup(this, "StreamLog");
    const logStream = logGroup.addStream("Delivery");
    const role = this.#makeStreamRole(logGroup.logGroupArn);
    const stream = new CfnDeliveryStream(this, "Stream", {
      deliveryStreamType: "DirectPut",
      deliveryStreamEncryptionConfigurationInput: { keyType: "AWS_OWNED_CMK" },
      extendedS3DestinationConfiguration: {
        bucketArn: this.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${LAKE_ROOT}dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/`,
        errorOutputPrefix: `${ERRORS_PREFIX}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
        dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: 300 } },
        processingConfiguration: { enabled: true, processors: [PARTITION_KEYS] },
        // Conversion and partitioning both want 64 MiB at least; what comes in 15 minutes is seldom as much.
        bufferingHints: { sizeInMBs: 64, intervalInSeconds: Duration.minutes(15).toSeconds() },
        // Parquet compresses inside, with Snappy.
        compressionFormat: "UNCOMPRESSED",
        dataFormatConversionConfiguration: {
          enabled: true,
          inputFormatConfiguration: { deserializer: { openXJsonSerDe: {} } },
          outputFormatConfiguration: { serializer: { parquetSerDe: { compression: "SNAPPY" } } },
          schemaConfiguration: {
            catalogId: Stack.of(this).account,
            region: Stack.of(this).region,
            roleArn: role.roleArn,
            databaseName: DATABASE,
            tableName: table.ref,
            versionId: "LATEST",
          },
        },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: logStream.logStreamName,
        },
      },
    });
    // Firehose tries the role when the stream is made.
    stream.node.addDependency(role);
    return stream;
  }

  /** What Firehose's guide lists for S3, Glue and logs, each on one thing. */
  #makeStreamRole(logGroupArn: string): Role {
    const role = new Role(this, "StreamRole", { assumedBy: new ServicePrincipal("firehose.amazonaws.com") });
    const allow = (actions: string[], ...resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    const { bucketArn } = this.bucket;
    allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], bucketArn);
    allow(
      ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
      `${bucketArn}/${LAKE_ROOT}*`,
      `${bucketArn}/${ERRORS_PREFIX}*`,
    );
    const glue = (resource: string) =>
      Stack.of(this).formatArn({ service: "glue", resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
    allow(
      ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
      glue("catalog"),
      glue(`database/${DATABASE}`),
      glue(`table/${DATABASE}/${TABLE}`),
    );
    allow(["logs:PutLogEvents"], logGroupArn);
    return role;
  }

  #watch(): void {
    const metric = (metricName: string, statistic: string) =>
      new Metric({
        namespace: "AWS/Firehose",
        metricName,
        statistic,
        period: Duration.minutes(5),
        dimensionsMap: { DeliveryStreamName: this.stream.ref },
      });
    addAlarm(this, "Unconverted", {
      metric: metric("FailedConversion.Records", "Sum"),
      from: 1,
      meaning: `A charge did not become a row: it lies under ${ERRORS_PREFIX} in the lake's bucket, with the reason.`,
    });
    addAlarm(this, "TooManyHours", {
      metric: metric("PartitionCountExceeded", "Maximum"),
      from: 1,
      meaning: `A replay reached over more hours at once than Firehose keeps open: the rest lies under ${ERRORS_PREFIX}.`,
    });
    addAlarm(this, "Stale", {
      metric: metric("DeliveryToS3.DataFreshness", "Maximum"),
      from: Duration.hours(1).toSeconds(),
      meaning: "Charges wait for more than an hour to be written to the lake.",
    });
  }
}

/** Which folders there are follows from the date, so nothing has to be crawled and a new hour is found at once. */
function projectedPartitions(location: string): Record<string, string> {
  return {
    "projection.enabled": "true",
    "projection.dt.type": "date",
    "projection.dt.format": "yyyy-MM-dd",
    "projection.dt.range": "2026-01-01,NOW",
    "projection.dt.interval": "1",
    "projection.dt.interval.unit": "DAYS",
    "projection.hour.type": "integer",
    "projection.hour.range": "0,23",
    "projection.hour.digits": "2",
    "storage.location.template": `${location}dt=\${dt}/hour=\${hour}/`,
  };
}
