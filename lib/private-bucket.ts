import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";

/** A bucket that nobody outside the account can read, that speaks TLS only, and that outlives the stack. */
export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, lifecycleRules: LifecycleRule[] = []) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Parts of an upload that never ended are paid for, and seen by nobody.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }, ...lifecycleRules],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
