// Ends a server with all connections that it has.
import type { Server } from 'node:http';

export const closing = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
