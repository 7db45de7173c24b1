/** Reference: a handler that answers and does nothing. What Node and the Runtime API alone cost. */
interface Stream {
  write(chunk: string): boolean;
  end(): void;
}

declare const awslambda: {
  streamifyResponse(
    handler: (event: object, stream: Stream) => Promise<void>,
  ): (event: object, stream: Stream) => Promise<void>;
  HttpResponseStream: { from(stream: Stream, prelude: object): Stream };
};

export const handler = awslambda.streamifyResponse(async (_event, stream) => {
  const prelude = { statusCode: 200, headers: { "content-type": "application/json" } };
  const out = awslambda.HttpResponseStream.from(stream, prelude);
  out.write('{"usage":{}}');
  out.end();
});
