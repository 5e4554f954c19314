// The ports of local mode: the API for clients and podlets, the AWS endpoints, the tasks' metadata.
import type { Installation } from '../installation.ts';
import { httpServer, httpsServer, listen, type Listening } from '../server.ts';
import type { Doors } from './doors.ts';

const HERE = '127.0.0.1';
const DEFAULT_API_PORT = 7443;

export interface Listeners {
  /** The ports in use. */
  ports: Pick<Installation, 'apiPort' | 'awsPort' | 'metadataPort'>;
  close(): Promise<void>;
}

/** Opens all doors, on the previous ports unless others are requested. */
export async function openListeners(
  known: Installation,
  requested: number | undefined,
  { api, aws, metadata }: Doors,
): Promise<Listeners> {
  const { bridge, certificates } = known;
  const tls = { cert: certificates.certificate, key: certificates.key };
  const https = (port: number, addresses = [HERE, bridge]): Promise<Listening> =>
    listen(() => httpsServer(tls, api), addresses, port);
  const http = (port: number): Promise<Listening> => listen(() => httpServer(aws), [HERE], port);
  const apiDoor = await openApi(https, known, requested);
  const awsDoor = await http(known.awsPort || apiDoor.port + 1)
    // Nothing that outlives this process knows the port of the AWS endpoints: if it is in use, any other will do.
    .catch(() => http(0));
  const metadataDoor = await listen(() => httpServer(metadata), [bridge], known.metadataPort);
  const open = [apiDoor, awsDoor, metadataDoor];
  // Running podlets know the previous port: if another is chosen, the previous one stays open for them.
  if (known.apiPort !== 0 && known.apiPort !== apiDoor.port)
    open.push(await https(known.apiPort, [bridge]));
  return {
    ports: { apiPort: apiDoor.port, awsPort: awsDoor.port, metadataPort: metadataDoor.port },
    close: async () => {
      await Promise.all(open.map((door) => door.close()));
    },
  };
}

function openApi(
  https: (port: number) => Promise<Listening>,
  known: Installation,
  requested: number | undefined,
): Promise<Listening> {
  // `--port 0` keeps the port that running podlets know.
  const port = requested || known.apiPort;
  // A first start that names no port must not fail because another droppod uses the default one.
  return requested === undefined && port === 0
    ? https(DEFAULT_API_PORT).catch(() => https(0))
    : https(port);
}
