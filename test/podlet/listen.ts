// The podlet's unix sockets where a test runs: Bun's own on Bun (on-bun.test.ts), as in the image, else Node's.
import { createServer } from 'node:net';
import { listenByBun } from '../../podlet/connection.ts';
import type { Listen } from '../../podlet/connection.ts';

const listenByNode: Listen = (path, maxConnections, accept) => {
  const server = createServer({ allowHalfOpen: true }, accept);
  server.maxConnections = maxConnections;
  server.listen(path);
  return { close: () => server.close() };
};

export const listen: Listen = 'bun' in process.versions ? listenByBun : listenByNode;
