import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectStore } from "../../core/ports.ts";

/** Milliseconds. Between two of them, not for a whole object: S3 answers within a tenth of a second. */
const TIMEOUTS = { connectionTimeout: 2_000, socketTimeout: 30_000 };

/** @param endpoint another place that speaks S3, for one machine; its credentials are not secret. */
export function createS3Client(endpoint?: string): S3Client {
  return new S3Client({
    requestHandler: TIMEOUTS,
    ...(endpoint
      ? {
          endpoint,
          region: "local",
          forcePathStyle: true,
          credentials: { accessKeyId: "local", secretAccessKey: "local" },
        }
      : {}),
  });
}

/** A bucket of S3, or of what speaks its protocol. The client repeats what fails: every call here may be repeated. */
export function createObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    async put(key, body, contentType) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }),
      );
    },
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async *list(prefix) {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key, Size = 0 } of page.Contents ?? []) if (Key) yield { key: Key, sizeBytes: Size };
      }
    },
  };
}
