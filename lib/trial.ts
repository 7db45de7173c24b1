import { CfnResource, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { CfnUserPool } from "aws-cdk-lib/aws-cognito";
import { CfnGlobalTable } from "aws-cdk-lib/aws-dynamodb";
import { CfnBucket } from "aws-cdk-lib/aws-s3";
import { BucketAutoDeleteObjects } from "aws-cdk-lib/aws-s3/mixins";

/**
 * Makes everything in the stack go with it: tables with the money, buckets with what is in them, secrets. What other
 * stacks may have come to lean on stays: the role with which API Gateway writes the logs of a whole account.
 */
export function removeEverything(stack: Stack): void {
  for (const resource of stack.node.findAll().filter(CfnResource.isCfnResource)) {
    if (isSharedByTheAccount(resource)) continue;
    resource.applyRemovalPolicy(RemovalPolicy.DESTROY);
    if (resource instanceof CfnGlobalTable) {
      resource.addPropertyOverride("Replicas.0.DeletionProtectionEnabled", false);
    }
    if (resource instanceof CfnUserPool) resource.deletionProtection = "INACTIVE";
    if (resource instanceof CfnBucket) resource.with(new BucketAutoDeleteObjects());
  }
}

function isSharedByTheAccount(resource: CfnResource): boolean {
  return (
    resource.cfnResourceType === "AWS::ApiGateway::Account" || resource.node.path.includes("/CloudWatchRole/")
  );
}
