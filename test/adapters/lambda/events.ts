/** A REST proxy event as API Gateway sends it: every header and parameter twice, the body a string or base64. */
export function proxyEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resource: "/{proxy+}",
    path: "/v1/chat/completions",
    httpMethod: "POST",
    headers: { "Content-Type": "application/json", Authorization: "Bearer wlrouter_x" },
    multiValueHeaders: { "Content-Type": ["application/json"], Authorization: ["Bearer wlrouter_x"] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: "v1/chat/completions" },
    stageVariables: null,
    requestContext: {
      resourcePath: "/{proxy+}",
      httpMethod: "POST",
      path: "/prod/v1/chat/completions",
      stage: "prod",
      domainName: "abc123.execute-api.eu-central-1.amazonaws.com",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    },
    body: '{"model":"m"}',
    isBase64Encoded: false,
    ...changes,
  };
}
