/**
 * What cdk-nag's AwsSolutions pack finds in the stack and we leave as it is, each with its reason. A finding that is not
 * here fails a test, and so does a line here that nothing needs any more.
 */
export interface Acknowledgement {
  /** Where in the stack: the beginning of a construct's path, without the stack. */
  readonly at: RegExp;
  /** The rule; of one that reports findings in brackets, all of them. */
  readonly rule: string;
  readonly reason: string;
}

export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    at: /^Gateway\/ProviderKeys/,
    rule: "AwsSolutions-SMG4",
    reason:
      "Providers give these keys out, and no API of theirs changes them: the operator puts a new one, and the gateway " +
      "reads it within five minutes.",
  },
  {
    at: /^Payments\/Keys/,
    rule: "AwsSolutions-SMG4",
    reason:
      "Stripe gives these keys out, and the operator rolls them there: the functions read a new one within five minutes.",
  },
  {
    at: /^Gateway\/Api\//,
    rule: "AwsSolutions-APIG2",
    reason:
      "The function validates every request, and answers in the API's own envelope; API Gateway cannot validate a " +
      "streamed proxy's body.",
  },
  {
    at: /^Gateway\/Api\/CloudWatchRole/,
    rule: "AwsSolutions-IAM4",
    reason: "The policy that AWS has for API Gateway's logs, of a role that is the whole account's.",
  },
  {
    at: /^Gateway\/Api\/DeploymentStage/,
    rule: "AwsSolutions-APIG3",
    reason:
      "A firewall costs 8 USD a month at rest, so it is an option: deployment.waf in the configuration.",
  },
  {
    at: /^Gateway\/Api\/DeploymentStage/,
    rule: "AwsSolutions-APIG6",
    reason:
      "Execution logs would write headers, keys among them. Access logs and the function's own say what happened.",
  },
  {
    at: /^Gateway\/Api\/Default\//,
    rule: "AwsSolutions-APIG4",
    reason:
      "The function checks the caller's key before it reads the body; health, models and the document are public.",
  },
  {
    at: /^Gateway\/Api\/Default\//,
    rule: "AwsSolutions-COG4",
    reason: "Clients of the API are programs with keys, not people of a user pool.",
  },
  {
    at: /^Console\/Users\/Pool/,
    rule: "AwsSolutions-COG2",
    reason: "A second factor is offered, not required: who must require it sets that in the user pool.",
  },
  {
    at: /^Console\/Users\/Pool/,
    rule: "AwsSolutions-COG8",
    reason: "Threat protection needs Cognito's Plus plan, which costs more for each person who signs in.",
  },
  {
    at: /^Console\/Secret/,
    rule: "AwsSolutions-SMG4",
    reason:
      "A new session key ends every session, and may share its secret with an issuer's client secret: the operator " +
      "changes it when there is a reason.",
  },
  {
    at: /^Console\/FunctionRole/,
    rule: "AwsSolutions-IAM5",
    reason:
      "Links to reports are below one prefix of one bucket; logs:GetQueryResults knows no resources, and gives only what " +
      "a query was started for, which is allowed for the gateway's log alone.",
  },
  {
    at: /DeadLetters\/|^Usage\/Unpublished\//,
    rule: "AwsSolutions-SQS3",
    reason:
      "This is a queue of dead letters itself; what fails into it comes from a rule, a stream or a function.",
  },
  {
    at: /Bucket\/Resource$/,
    rule: "AwsSolutions-S1",
    reason:
      "Server access logs would need a bucket of their own and arrive by best effort. Who must know each reader has " +
      "CloudTrail's data events, which are complete.",
  },
  {
    at: /^Usage\/Lake\/StreamRole|^Reports\/FunctionRole|^Audit\/FunctionRole/,
    rule: "AwsSolutions-IAM5",
    reason:
      "Whatever lies below one prefix of one bucket of the stack: objects there have names of their own.",
  },
  {
    at: /^Usage\/PublisherRole/,
    rule: "AwsSolutions-IAM5",
    reason:
      "IAM takes no resource for dynamodb:ListStreams, which Lambda asks for before it reads a table's stream.",
  },
  {
    at: /^Gateway\/FunctionRole/,
    rule: "AwsSolutions-IAM5",
    reason:
      "Bedrock's models are many, their names are in the configuration, and a profile across regions calls models in any " +
      "of them. The right is to invoke models, nothing else.",
  },
];
