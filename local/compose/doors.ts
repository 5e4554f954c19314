// The handlers behind each door of local mode: the API with its streams, the AWS endpoints, the tasks' metadata. The doors open
// before their handlers are ready, and respond accordingly until then.
import type { IncomingMessage } from 'node:http';
import { sync } from '../../src/steps/sync/sync.ts';
import { checkStream, handle, refusalOf } from '../../src/api/handler.ts';
import { attachOutput, writesToLogOnly } from '../../src/api/subresources/log/attach-output.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { isOwnPodlet } from '../../src/steps/sync/own-podlet.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { present } from '../../src/present.ts';
import type { MetadataAnswer } from '../agent/metadata.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { RequestFault, toRequest } from '../request.ts';
import type { Door } from '../server.ts';
import type { Session } from '../../src/protocol/messages.ts';
import type { SessionHub } from '../streams/session-hub.ts';
import { isTunnel, isWebSocket } from '../streams/serve-websocket.ts';
import type { StreamTarget } from '../streams/stream-target.ts';
import { createUpgrade, type StreamedAnswer } from '../streams/upgrade.ts';

export const SYNC_PATH = '/sync';
export const SESSIONS_PATH = '/sessions';
/** DynamoDB's limit for one batch, which is higher than any other service's here. */
const MAX_AWS_BODY_BYTES = 16 * 1024 * 1024;

/** What the doors serve. */
export interface Behind {
  ports: Ports;
  hub: SessionHub;
  aws: (request: Request) => Promise<Response>;
  engine: { metadata: (path: string) => Promise<MetadataAnswer> };
}

export interface Doors {
  api: Door;
  aws: Door;
  metadata: Door;
}

const waiting = (): Response =>
  new Response('starting\n', { status: 503, headers: { 'retry-after': '1' } });

/** The doors; `behind` returns undefined until everything is ready. */
export function createDoors(
  behind: () => Behind | undefined,
  own: { clock: Clock; log: (line: string) => void },
): Doors {
  const ready =
    (answer: (behind: Behind, request: Request) => Promise<Response>) =>
    (request: Request): Promise<Response> => {
      const now = behind();
      return now ? answer(now, request) : Promise.resolve(waiting());
    };
  return {
    // Handlers limit the bodies that they read (3 MiB, reports 1 MiB); a body that is forwarded to a pod has no limit.
    api: {
      ...own,
      handler: ready(({ ports }, request) => frontDoor(ports, request)),
      upgrade: upgradeOf(behind, own.clock),
      refusal: refusalOf,
      maxBodyBytes: Infinity,
    },
    aws: {
      ...own,
      handler: ready(({ aws }, request) => aws(request)),
      refusal: (status, message) => Response.json({ message }, { status }),
      maxBodyBytes: MAX_AWS_BODY_BYTES,
    },
    metadata: {
      ...own,
      handler: ready(({ engine }, request) => metadataOf(engine, request)),
      refusal: (status, error) => Response.json({ error }, { status }),
      maxBodyBytes: 0,
    },
  };
}

const frontDoor = (ports: Ports, request: Request): Promise<Response> =>
  new URL(request.url).pathname === SYNC_PATH ? sync(ports, request) : handle(ports, request);

async function metadataOf(engine: Behind['engine'], request: Request): Promise<Response> {
  const { status, body } = await engine.metadata(new URL(request.url).pathname);
  return new Response(body, { status, headers: { 'content-type': 'application/json' } });
}

function upgradeOf(behind: () => Behind | undefined, clock: Clock): NonNullable<Door['upgrade']> {
  const upgrades = new WeakMap<Behind, NonNullable<Door['upgrade']>>();
  return (incoming, socket, head) => {
    const now = behind();
    if (!now) return void socket.destroy();
    const { hub, ports } = now;
    const upgrade =
      upgrades.get(now) ??
      createUpgrade({
        hub,
        sessionsPath: SESSIONS_PATH,
        check: (request) => streamTarget(ports, request),
        owns: (uid, request) => isOwnPodlet(ports, uid, request.headers.authorization),
        sleep: clock.sleep,
      });
    upgrades.set(now, upgrade);
    upgrade(incoming, socket, head);
  };
}

const STREAM_KINDS = { exec: 'exec', attach: 'attach', portforward: 'portForward' } as const;

/** The target of a client's upgrade request, after the API's checks. */
async function streamTarget(
  ports: Ports,
  incoming: IncomingMessage,
): Promise<StreamTarget | StreamedAnswer | Response> {
  const gone = new AbortController();
  const request = upgradeRequest(incoming, gone.signal);
  if (request instanceof Response) return request;
  const { pathname } = new URL(request.url);
  if (!/\/(exec|attach|portforward)$/.test(pathname)) return streamedAnswer(ports, request, gone);
  const found = await checkStream(ports, request, isWebSocket(incoming) && !isTunnel(incoming));
  if (found instanceof Response) return found;
  const { pod, container, query, subresource } = found;
  const kind = STREAM_KINDS[subresource as keyof typeof STREAM_KINDS];
  const on = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');
  const streams = {
    tty: on('tty'),
    stdin: on('stdin'),
    stdout: on('stdout'),
    stderr: on('stderr') && !on('tty'),
  };
  return {
    owner: pod.metadata.uid ?? '',
    session: {
      kind,
      container,
      ...(kind === 'portForward' ? {} : streams),
      ...present({ argv: kind === 'exec' ? query.getAll('command') : undefined }),
    },
    ports: found.ports,
    gone: goneText(pod, kind, container),
    ...present({
      output:
        kind === 'attach' && writesToLogOnly(pod, container)
          ? (signal: AbortSignal) => wanted(attachOutput(ports, pod, container, signal), streams)
          : undefined,
    }),
  };
}

/** A WebSocket can carry a read's answer; a request with a body cannot be upgraded. */
async function streamedAnswer(
  ports: Ports,
  request: Request,
  gone: AbortController,
): Promise<StreamedAnswer | Response> {
  return request.method === 'GET'
    ? { answer: await handle(ports, request), gone }
    : refusalOf(400, 'Upgrade request is not possible here');
}

function upgradeRequest(incoming: IncomingMessage, gone: AbortSignal): Request | Response {
  try {
    return toRequest(incoming, 'https', { signal: gone });
  } catch (error) {
    if (error instanceof RequestFault) return refusalOf(error.code, error.message);
    throw error;
  }
}

/** The kubelet's message for a container without a process. */
function goneText(
  { metadata: { name = '', namespace = '' } }: Pod,
  kind: Session['kind'],
  container: string,
): string {
  const which =
    kind === 'attach'
      ? `container ${container} not found in pod ${name}_${namespace}`
      : `container not found (${JSON.stringify(container)})`;
  return `unable to upgrade connection: ${which}`;
}

async function* wanted<Line extends { stream: 'stdout' | 'stderr' }>(
  lines: AsyncIterable<Line>,
  streams: { stdout: boolean; stderr: boolean },
): AsyncGenerator<Line> {
  for await (const line of lines) if (streams[line.stream]) yield line;
}
