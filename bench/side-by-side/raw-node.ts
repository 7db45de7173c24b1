/** Reference: the smallest proxy that node:http allows. `node bench/side-by-side/raw-node.ts <provider port>`. */
import { Agent, createServer, request as send } from "node:http";

const agent = new Agent({ keepAlive: true });
const [port] = process.argv.slice(2);

const server = createServer((request, response) => {
  const { host, connection, ...headers } = request.headers;
  const upstream = send(
    { host: "127.0.0.1", port, method: request.method, path: request.url, headers, agent },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  request.pipe(upstream);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : undefined);
});
