// droppod's own ECS, its logs and its engine's images, for the functions that run in a target: one port on the bridge, reachable from
// host processes and containers. Its paths start with a secret, since the target signs with keys of its own.
import { randomUUID } from 'node:crypto';
import type { Engine } from '../../local/aws/create-engine.ts';
import { anyEndpoint } from '../../local/aws/front.ts';
import { openEngine } from '../../local/compose/engine.ts';
import type { Installation } from '../../local/installation.ts';
import { httpServer, listen, type Door } from '../../local/server.ts';
import { systemClock } from '../../src/system-clock.ts';
import { present } from '../../src/present.ts';

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface PodEngine {
  /** For AWS_ENDPOINT_URL_ECS and _CLOUDWATCH_LOGS. */
  awsEndpoint: string;
  /** For DROPPOD_REGISTRY_ENDPOINT. */
  registryEndpoint: string;
  /** Makes sure that a cluster of this name exists. */
  createCluster(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface PodEngineOptions {
  directory: string;
  installation: Installation;
  onTaskChange: (detail: unknown) => void;
  log: (line: string) => void;
}

/** Starts it; it refuses what Fargate would refuse. */
export async function openPodEngine(options: PodEngineOptions): Promise<PodEngine> {
  const { directory, installation, log } = options;
  const { bridge, id } = installation;
  let engine: Engine | undefined;
  const secret = randomUUID();
  const doors = doorsOf(() => engine, secret, log);
  const metadata = await listen(() => httpServer(doors.metadata), [bridge], 0);
  const opened = await openEngine({
    directory,
    engineId: id,
    metadataHost: { address: bridge, port: metadata.port },
    onTaskChange: options.onTaskChange,
    log,
  });
  engine = opened.engine;
  const aws = await listen(() => httpServer(doors.aws), [bridge], 0);
  const endpoint = `http://${bridge}:${aws.port}/${secret}`;
  return {
    awsEndpoint: endpoint,
    registryEndpoint: `${endpoint}/registry`,
    createCluster: (name) => createCluster(opened.engine, name),
    close: async () => {
      await aws.close();
      await metadata.close();
      await opened.closeEngine();
    },
  };
}

function doorsOf(
  engine: () => Engine | undefined,
  secret: string,
  log: (line: string) => void,
): { aws: Door; metadata: Door } {
  const own = {
    clock: systemClock,
    log,
    refusal: (status: number, message: string) => Response.json({ message }, { status }),
  };
  return {
    aws: {
      ...own,
      maxBodyBytes: MAX_BODY_BYTES,
      handler: async (request) => {
        const opened = engine();
        const { pathname, search } = new URL(request.url);
        if (opened === undefined || !pathname.startsWith(`/${secret}`))
          return new Response(null, { status: 404 });
        return answer(opened, request, `${pathname.slice(secret.length + 1)}${search}`);
      },
    },
    metadata: {
      ...own,
      maxBodyBytes: 0,
      handler: async (request) => {
        const found = await engine()?.metadata(new URL(request.url).pathname);
        if (!found) return new Response(null, { status: 503 });
        return new Response(found.body, {
          status: found.status,
          headers: { 'content-type': 'application/json' },
        });
      },
    },
  };
}

async function answer(engine: Engine, request: Request, path: string): Promise<Response> {
  if (path.startsWith('/registry/')) {
    const { status, headers, body } = await engine.registry({
      method: request.method,
      url: path.slice('/registry'.length),
      ...present({ authorization: request.headers.get('authorization') ?? undefined }),
    });
    return new Response(body, { status, headers });
  }
  const target = request.headers.get('x-amz-target') ?? '';
  const body = Buffer.from(await request.arrayBuffer());
  const found = await anyEndpoint([engine.ecsEndpoint, engine.logsEndpoint])({ target, body });
  if (!found)
    return Response.json(
      { __type: 'UnknownOperationException', message: `${target} is not served here` },
      { status: 400 },
    );
  return new Response(found.body, { status: found.status, headers: found.headers });
}

async function createCluster(engine: Engine, clusterName: string): Promise<void> {
  const made = await engine.ecsEndpoint({
    target: 'AmazonEC2ContainerServiceV20141113.CreateCluster',
    body: Buffer.from(JSON.stringify({ clusterName })),
  });
  if (made?.status !== 200) throw new Error(`CreateCluster answered ${made?.body ?? 'nothing'}`);
}
