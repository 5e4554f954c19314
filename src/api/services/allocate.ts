// Allocates cluster IPs and node ports: each is a record that the Service's commit creates on condition that it does not exist, so
// that no two Services hold the same one.
import { createHash } from 'node:crypto';
import { ApiError, invalid } from '../../errors.ts';
import type { RecordWrite, Store } from '../../ports/store.ts';
import { canonicalIp } from '../../validation/names.ts';
import { invalidValue } from '../../validation/field-errors.ts';
import {
  isHeadless,
  needsHealthPort,
  needsNodePorts,
} from '../../workloads/service/default-service.ts';
import type { ServicePort, ServiceSpec } from '../../workloads/service/default-service.ts';

/** The API's own address is never allocated. */
const RANGE = '10.96.0.0/16';
const PREFIX = '10.96.';
const API_ADDRESS = `${PREFIX}0.1`;
/** Kubernetes reserves the lower end of a range for values that clients choose. */
const ADDRESSES = { first: 256, last: 65_534 };
const NODE_PORTS = { first: 30_086, last: 32_767 };
const LOWEST_NODE_PORT = 30_000;
/** Candidates to try before the whole range is read. */
const PROBES = 16;

const addressKey = (address: string): string => `clusterip/${address}`;
const nodePortKey = (port: number): string => `nodeport/${port}`;

interface Allocation {
  store: Store;
  name: string;
  /** Determines the candidates: a Service that is created again under its name gets the same values if they are free. */
  seed: string;
  /** The stored spec of an update, whose values it keeps. */
  old?: ServiceSpec;
  /** A dry run accepts node ports outside the range, as kube-apiserver's does. */
  dryRun: boolean;
}

/** The spec with its cluster IP, node ports and health check port; throws if a requested one is not free. */
export async function allocate(spec: ServiceSpec, allocation: Allocation): Promise<ServiceSpec> {
  const addressed = await withAddress(spec, allocation);
  const taken = new Set(nodePortsOf(allocation.old ?? {}));
  const ports = needsNodePorts(addressed)
    ? { ports: await withNodePorts(addressed, allocation, taken) }
    : {};
  if (!needsHealthPort(addressed)) return { ...addressed, ...ports };
  const asked = addressed.healthCheckNodePort;
  const refused = asked ? await refuseNodePort(asked, allocation, taken) : undefined;
  if (refused !== undefined)
    throw new ApiError(
      'InternalError',
      `Internal error occurred: failed to allocate requested HealthCheck NodePort ${asked}: ${refused}`,
    );
  const healthCheckNodePort = asked || (await freeNodePort('health', allocation, taken));
  return { ...addressed, ...ports, healthCheckNodePort };
}

async function withAddress(
  spec: ServiceSpec,
  { store, name, seed, old }: Allocation,
): Promise<ServiceSpec> {
  if (spec.type === 'ExternalName' || isHeadless(spec)) return spec;
  const [asked] = spec.clusterIPs ?? [];
  if (asked === undefined) {
    const free = await freePlace(store, 'clusterip/', seed, ADDRESSES, addressAt);
    return { ...spec, clusterIP: free, clusterIPs: [free] };
  }
  if (addressesOf(old ?? {}).includes(asked)) return spec;
  const refused = !inRange(asked)
    ? `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${RANGE}`
    : asked === API_ADDRESS || (await store.getRecord(addressKey(asked))) !== undefined
      ? 'provided IP is already allocated'
      : undefined;
  if (refused === undefined) return spec;
  throw invalid('Service', name, [
    invalidValue('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${refused}`),
  ]);
}

const inRange = (address: string): boolean => {
  const plain = canonicalIp(address) ?? address;
  return plain.startsWith(PREFIX) && !['0.0', '255.255'].includes(plain.slice(PREFIX.length));
};

const addressAt = (place: number): string => `${PREFIX}${place >> 8}.${place & 255}`;

/** Ports of one number share a node port (one for TCP, one for UDP); all others get their own. */
async function withNodePorts(
  spec: ServiceSpec,
  allocation: Allocation,
  taken: Set<number>,
): Promise<ServicePort[]> {
  const ports = spec.ports ?? [];
  const given = new Map<number, number>();
  const done: ServicePort[] = [];
  for (const [index, port] of ports.entries()) {
    const shared = given.get(port.port);
    const asked =
      port.nodePort ||
      shared ||
      ports.find((other) => other.port === port.port && other.nodePort)?.nodePort;
    if (!asked && spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) {
      done.push(port);
      continue;
    }
    const refused = asked ? await refuseNodePort(asked, allocation, taken) : undefined;
    if (asked && refused !== undefined)
      throw invalid('Service', allocation.name, [
        invalidValue(`spec.ports[${index}].nodePort`, asked, refused),
      ]);
    const nodePort =
      asked || (await freeNodePort(`${port.protocol}/${port.port}`, allocation, taken));
    taken.add(nodePort);
    if (!given.has(port.port)) given.set(port.port, nodePort);
    done.push({ ...port, nodePort });
  }
  return done;
}

/** Why a node port is not available; undefined: it is, or this Service has it already. */
async function refuseNodePort(
  port: number,
  { store, dryRun }: Allocation,
  taken: ReadonlySet<number>,
): Promise<string | undefined> {
  if (taken.has(port)) return undefined;
  if (!dryRun && (port < LOWEST_NODE_PORT || port > NODE_PORTS.last))
    return `provided port is not in the valid range. The range of valid ports is ${LOWEST_NODE_PORT}-${NODE_PORTS.last}`;
  return (await store.getRecord(nodePortKey(port))) === undefined
    ? undefined
    : 'provided port is already allocated';
}

const freeNodePort = async (
  what: string,
  { store, seed }: Allocation,
  taken: ReadonlySet<number>,
): Promise<number> =>
  Number(await freePlace(store, 'nodeport/', `${seed} ${what}`, NODE_PORTS, String, taken));

/** A free value of the range: candidates from the seed first, then any. */
async function freePlace(
  store: Store,
  prefix: string,
  seed: string,
  { first, last }: { first: number; last: number },
  shown: (place: number) => string,
  taken: ReadonlySet<number> = new Set(),
): Promise<string> {
  const size = last - first + 1;
  for (let probe = 0; probe < PROBES; probe++) {
    const hash = createHash('sha256').update(`${seed} ${probe}`).digest().readUInt32BE();
    const place = first + (hash % size);
    const value = shown(place);
    if (!taken.has(place) && (await store.getRecord(prefix + value)) === undefined) return value;
  }
  const held = new Set((await store.listRecords(prefix)).map(({ key }) => key));
  for (let place = first; place <= last; place++)
    if (!taken.has(place) && !held.has(prefix + shown(place))) return shown(place);
  const what = prefix === 'nodeport/' ? 'nodePort' : 'serviceIP';
  throw new ApiError(
    'InternalError',
    `Internal error occurred: failed to allocate a ${what}: range is full`,
  );
}

const addressesOf = (spec: ServiceSpec): string[] =>
  spec.type === 'ExternalName' || isHeadless(spec) ? [] : (spec.clusterIPs ?? []);

const nodePortsOf = (spec: ServiceSpec): number[] => [
  ...(spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])),
  ...(spec.healthCheckNodePort ? [spec.healthCheckNodePort] : []),
];

const keysOf = (spec: ServiceSpec): Set<string> =>
  new Set([...addressesOf(spec).map(addressKey), ...nodePortsOf(spec).map(nodePortKey)]);

/** The records of what a Service allocates and releases between two states; absent: it does not exist before or after. */
export function allocationRecords(
  next: ServiceSpec | undefined,
  old: ServiceSpec | undefined,
  uid: string,
): RecordWrite[] {
  const after = keysOf(next ?? {});
  const before = keysOf(old ?? {});
  return [
    ...[...after]
      .filter((key) => !before.has(key))
      .map((key) => ({ key, value: { uid }, expected: 0 })),
    ...[...before]
      .filter((key) => !after.has(key))
      .map((key) => ({ key, value: null, expected: 'any' as const })),
  ];
}
