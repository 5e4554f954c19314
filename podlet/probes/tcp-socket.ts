// TCP probe: an accepted connection is success (pkg/probe/tcp).
import { connect } from 'node:net';
import type { Attempt } from '../ports.ts';
import { hostPort, networkError } from './network-error.ts';

/** One attempt to connect to `host:port`. */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      resolve({ success: false, text: `dial tcp ${hostPort(host, port)}: i/o timeout` });
    });
    socket.on('connect', () => {
      socket.destroy();
      resolve({ success: true });
    });
    socket.on('error', (error) =>
      resolve({ success: false, text: networkError(error, host, port) }),
    );
  });
}
