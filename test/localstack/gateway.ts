// HTTPS in front of a target's function URLs, whose names do not resolve: clients and podlets connect here, and requests are
// forwarded to the target with the URL's name as their host.
import { Agent, request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../local/server.ts';
import type { Installation } from '../../local/installation.ts';

export const SYNC_PATH = '/sync';

/** A connection for each request: the target closes idle ones when it likes, and a write that meets this is lost for its client. */
const agent = new Agent({ keepAlive: false });

export interface Gateway {
  port: number;
  /** Sets where requests go from now on. */
  lead(to: Destinations): void;
  close(): Promise<void>;
}

/** Names of function URLs, and the address that serves them. */
interface Destinations {
  endpoint: string;
  apiHost: string;
  syncHost: string;
}

/** Listens on this machine and on the pods' bridge. */
export async function openGateway({ bridge, certificates }: Installation): Promise<Gateway> {
  let destinations: Destinations | undefined;
  const server = () =>
    createServer(
      { cert: certificates.certificate, key: certificates.key },
      (incoming, outgoing) => {
        if (destinations === undefined) outgoing.writeHead(503).end();
        else forward(destinations, incoming, outgoing);
      },
    );
  const { port, close } = await listen(server, ['127.0.0.1', bridge], 0);
  return { port, close, lead: (to) => void (destinations = to) };
}

function forward(
  { endpoint, apiHost, syncHost }: Destinations,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { hostname, port } = new URL(endpoint);
  const path = incoming.url ?? '/';
  const isSync = path.split('?')[0] === SYNC_PATH;
  const onward = httpRequest({
    hostname,
    port,
    agent,
    path,
    method: incoming.method,
    headers: { ...incoming.headers, host: isSync ? syncHost : apiHost },
  });
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}
