import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { ObjectLinks } from "../../core/operations.ts";

/** Presigned links: they work without credentials, until their time is over or the signer's own credentials end. */
export function createObjectLinks(client: S3Client, bucket: string): ObjectLinks {
  return {
    link: (key, fileName, seconds) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ResponseContentDisposition: `attachment; filename="${fileName}"`,
        }),
        { expiresIn: seconds },
      ),
  };
}
