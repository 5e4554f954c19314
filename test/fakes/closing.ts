// Closes a server with all of its connections.
import type { Server } from 'node:http';

export const closing = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
