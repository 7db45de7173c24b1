import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetterQueues } from "../../core/operations.ts";

/** @param urls queues' URLs by the names that people know them by. */
export function createDeadLetterQueues(
  client: SQSClient,
  urls: Readonly<Record<string, string>>,
): DeadLetterQueues {
  return {
    depths: () =>
      Promise.all(
        Object.entries(urls).map(async ([name, QueueUrl]) => {
          const command = new GetQueueAttributesCommand({
            QueueUrl,
            AttributeNames: ["ApproximateNumberOfMessages"],
          });
          const { Attributes } = await client.send(command);
          return { name, messages: Number(Attributes?.ApproximateNumberOfMessages ?? 0) };
        }),
      ),
  };
}
