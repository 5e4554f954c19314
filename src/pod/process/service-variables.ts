// The docker-link style variables of services (pkg/kubelet/envvars); fixed when a container starts.
import type { Service } from '../../kinds/pod.ts';
import { present } from '../../present.ts';

interface LinkedService {
  name: string;
  clusterIP: string;
  ports: { name?: string; port: number; protocol: string }[];
}

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

function variables({ name, clusterIP, ports }: LinkedService): [string, string][] {
  const prefix = upper(name);
  const first = ports[0];
  if (first === undefined) return [];
  const named = ports.flatMap((port): [string, string][] =>
    port.name ? [[`${prefix}_SERVICE_PORT_${upper(port.name)}`, String(port.port)]] : [],
  );
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...named,
    [`${prefix}_PORT`, urlOf(clusterIP, first)],
    ...ports.flatMap((port) => portVariables(prefix, clusterIP, port)),
  ];
}

const urlOf = (clusterIP: string, { port, protocol }: LinkedService['ports'][number]): string =>
  `${protocol.toLowerCase()}://${clusterIP}:${port}`;

function portVariables(
  prefix: string,
  clusterIP: string,
  port: LinkedService['ports'][number],
): [string, string][] {
  const head = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
  return [
    [head, urlOf(clusterIP, port)],
    [`${head}_PROTO`, port.protocol.toLowerCase()],
    [`${head}_PORT`, String(port.port)],
    [`${head}_ADDR`, clusterIP],
  ];
}

function linked({ metadata, spec }: Service): LinkedService[] {
  const clusterIP = spec?.clusterIP ?? '';
  if (clusterIP === '' || clusterIP === 'None') return [];
  const ports = (spec?.ports ?? []).map(({ name, port, protocol = 'TCP' }) => ({
    ...present({ name }),
    port,
    protocol,
  }));
  return [{ name: metadata?.name ?? '', clusterIP, ports }];
}

/** Always the API's variables; those of other services in the pod's namespace only with enableServiceLinks. */
export function serviceVariables(
  services: readonly Service[],
  { apiHost, apiPort, links }: { apiHost: string; apiPort: number; links: boolean },
): [string, string][] {
  const api: LinkedService = {
    name: 'kubernetes',
    clusterIP: apiHost,
    ports: [{ name: 'https', port: apiPort, protocol: 'TCP' }],
  };
  // Pods reach the API under the real host and port, whatever the Service object shows.
  const others = links
    ? services.filter(({ metadata }) => metadata?.name !== 'kubernetes').flatMap(linked)
    : [];
  return [...others, api].flatMap(variables);
}
