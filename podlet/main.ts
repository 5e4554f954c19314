// The podlet's entry point: sockets first (supervisors are already connecting), then its identity, then the agent.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { own } from '../src/own.ts';
import { present } from '../src/present.ts';
import { systemClock as clock } from '../src/system-clock.ts';
import { createAgent } from './agent.ts';
import { listenByBun } from './connection.ts';
import { ContainerSockets } from './containers.ts';
import { cutText } from '../src/protocol/cut-text.ts';
import { VolumeFiles } from './files.ts';
import { readCounters, readTaskMetadata } from './metadata.ts';
import type { Memory, Network } from './ports.ts';
import { nodeLookup } from './node-lookup.ts';
import { Sessions } from './sessions.ts';
import { createTransport } from './transport.ts';

const SOCKETS = '/.droppod/c';
const VOLUMES = '/.droppod/v';
/** On the container's own file system: it survives a crash of this process, and nothing else can read it. */
const STATE = '/podlet/state';
/** Time for a `quit` to reach the supervisors before the sockets close. */
const FAREWELL_MS = 20;

/** No resolver reads more, and a report must stay small. */
const MAX_RESOLV_CONF_BYTES = 8 * 1024;

const memory: Memory = {
  load: () => {
    const text = readOwn('memory.json');
    return text === undefined ? undefined : JSON.parse(text);
  },
  save: (state) => writeOwn('memory.json', JSON.stringify(state)),
};

const network: Network = {
  httpProbe: async (get, host, timeoutMs) =>
    (await import('./probes/http-get.ts')).httpProbe(get, host, timeoutMs),
  httpHook: async (get, host, signal) =>
    (await import('./probes/http-get.ts')).httpHook(get, host, signal),
  tcpProbe: async (host, port, timeoutMs) =>
    (await import('./probes/tcp-socket.ts')).tcpProbe(host, port, timeoutMs),
  grpcProbe: async (host, port, service, timeoutMs) =>
    (await import('./probes/grpc.ts')).grpcProbe(host, port, service, timeoutMs),
};

function readOwn(name: string): string | undefined {
  try {
    return readFileSync(`${STATE}/${name}`, 'utf8');
  } catch (error) {
    // Any other secret than the first is refused for ever, so a disk error must not look like a first start.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return undefined;
  }
}

/** Completely or not at all: a crash while writing leaves the old content. */
function writeOwn(name: string, text: string): void {
  mkdirSync(STATE, { recursive: true, mode: 0o700 });
  writeFileSync(`${STATE}/${name}.new`, text, { mode: 0o600 });
  renameSync(`${STATE}/${name}.new`, `${STATE}/${name}`);
}

/** The podlet's half of its credential, made once per task. */
function ownSecret(): string {
  const known = readOwn('secret');
  if (known !== undefined) return known;
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  writeOwn('secret', secret);
  return secret;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = own(env, name);
  if (value === undefined || value === '') throw new Error(`missing environment variable ${name}`);
  return value;
}

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const containers = (env.DROPPOD_CONTAINERS ?? '').split(',').filter((name) => name !== '');
  const sockets = new ContainerSockets(listenByBun);
  for (const container of containers) sockets.open(SOCKETS, container);
  const engineTerm = new AbortController();
  process.on('SIGTERM', () => engineTerm.abort());
  const token = `${required(env, 'DROPPOD_TOKEN')}.${ownSecret()}`;
  const ca = env.DROPPOD_CA ?? '';
  const metadataUri = env.ECS_CONTAINER_METADATA_URI_V4;
  const node = nodeDns();
  const sync = createTransport({
    url: required(env, 'DROPPOD_SYNC_URL'),
    token,
    ca,
    lookup: nodeLookup(node.resolvConf),
  });
  const task = await readTaskMetadata(metadataUri);
  const sessions = new Sessions({
    sockets,
    token,
    ca,
    fault: (where, error) => agent.fault(where, error),
  });
  const agent = createAgent({
    clock,
    memory,
    network,
    sync,
    random: () => Math.random(),
    supervisors: sockets,
    volumes: new VolumeFiles(VOLUMES, () => new Date()),
    openSession: (request) => sessions.start(request),
    // In place: they are mounts of the engine.
    shareFiles: (files) => {
      for (const { path, content } of files) attempt(() => writeFileSync(path, content));
    },
    runtimeIds: async () => (await readTaskMetadata(metadataUri)).runtimeIds,
    counters: () => readCounters(metadataUri),
    fault,
    engineTerm: engineTerm.signal,
    identity: {
      uid: required(env, 'DROPPOD_UID'),
      attempt: Number(env.DROPPOD_ATTEMPT ?? '1'),
      taskArn: env.DROPPOD_TASK_ARN ?? task.taskArn ?? '',
      bootId: crypto.randomUUID(),
      ...start(env),
      containers,
      ...(task.podIP === undefined ? ownAddress() : { podIP: task.podIP }),
      ...(task.hostIP === undefined ? node : { hostIP: task.hostIP, ...node }),
    },
  });
  // The last resort: uncaught errors are reported and the pod keeps its podlet. None should ever get here.
  process.on('uncaughtException', (error) => agent.fault('uncaught', error));
  process.on('unhandledRejection', (error) => agent.fault('unhandled', error));
  await agent.run();
  await clock.sleep(FAREWELL_MS);
  process.exit(0);
}

/** Tests fail if a podlet's log has such a line, or the pod such an event. */
const fault = (message: string, error: unknown): void =>
  console.error(
    `podlet: fault: ${message}${error instanceof Error ? `\n${error.stack ?? ''}` : ''}`,
  );

/** Which start of the podlet in this container this is, and how the last one ended, as reported by supervise, which restarts it. */
function start(env: NodeJS.ProcessEnv): { boot: number; restarted?: string } {
  // Its own count survives a restart of the whole container, supervise's survives a full disk.
  const boot = Math.max(
    (Number(readOwn('boot') ?? '0') || 0) + 1,
    Number(env.DROPPOD_BOOT ?? '1') || 1,
  );
  attempt(() => writeOwn('boot', String(boot)));
  return boot > 1
    ? {
        boot,
        restarted: `The podlet's process ended unexpectedly (${env.DROPPOD_LAST_END || 'unknown'}) and was started again`,
      }
    : { boot };
}

/** Does something that the pod can do without, e.g. on a full disk. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    fault('own memory', error);
  }
}

/** The engine writes the node's DNS servers here; containers share the file and may rewrite it, so the first reading counts. */
function nodeDns(): { resolvConf?: string } {
  const known = readOwn('resolv.conf');
  if (known !== undefined) return { resolvConf: known };
  if (!existsSync('/etc/resolv.conf')) return {};
  const resolvConf = cutText(readFileSync('/etc/resolv.conf', 'utf8'), MAX_RESOLV_CONF_BYTES);
  attempt(() => writeOwn('resolv.conf', resolvConf));
  return { resolvConf };
}

/** Without a metadata endpoint: the first address that is not loopback, from the kernel's own table. */
function ownAddress(): { podIP?: string } {
  const text = readFileSync('/proc/net/fib_trie', 'utf8');
  const found = [...text.matchAll(/\|-- (\d+\.\d+\.\d+\.\d+)\n\s+\/32 host LOCAL/g)]
    .map((match) => match[1])
    .find((address) => address !== undefined && !address.startsWith('127.'));
  return present({ podIP: found });
}

main(process.env).catch((error: unknown) => {
  console.error(`podlet: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
