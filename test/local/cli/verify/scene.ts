// What one proof of verify-aws meets in a test: a scripted API over HTTPS and a scripted AWS under the real SDK, on a virtual clock.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { connectEvidence } from '../../../../local/compose/aws-account.ts';
import type { Assumption } from '../../../../local/cli/verify/assumption.ts';
import { Lab } from '../../../../local/cli/verify/lab.ts';
import { proveAll } from '../../../../local/cli/verify/prove.ts';
import type { Row } from '../../../../local/cli/verify/table.ts';
import type { Certificates } from '../../../../local/tls/certificates.ts';
import type { AwsFault } from '../../../fakes/fake-aws.ts';
import { FakeAws } from '../../../fakes/fake-aws.ts';

export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
  /** How often this was asked before. */
  times: number;
}

export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Place {
  server: string;
  ca: string;
  /** Operations that AWS was asked for so far, with their subjects. */
  asked: readonly string[];
}

/** How a pod and everything else is answered; what is not scripted is made (201), read (404) or deleted (200). */
export interface Scene {
  /** The status of the proof's pods. */
  status?: object | ((place: Place, name: string, looks: number) => object);
  annotations?: Record<string, string>;
  /** By container. */
  logs?: Record<string, string>;
  /** The first that is not undefined. */
  api?: (asked: Asked, place: Place) => Reply | undefined;
  /** Writes the whole answer itself. */
  stream?: (asked: Asked, answer: ServerResponse) => boolean;
  aws?: (
    place: Place,
  ) => Record<string, object | ((input: Record<string, unknown>) => object | AwsFault)>;
  outputs?: Record<string, string>;
  isAws?: boolean;
}

/** Scenes of one assumption, by what is wrong in them. */
export interface Scenes {
  holds: Scene;
  fails: Record<string, Scene>;
  unproven?: Record<string, Scene>;
}

/** How many times longer than asked a wait lasts here, so that a proof's patience is over after few looks. */
const HASTE = 30;
export const NAMESPACE = 'droppod-verify-1';
const OUTPUTS = {
  ClusterName: 'droppod',
  StateMachine: 'arn:aws:states:us-east-1:000000000000:stateMachine:pod',
};
const FUNCTIONS = ['api', 'launch-pod', 'bind-pod', 'observe', 'sweep'];
const RESOURCES = [
  ...FUNCTIONS.map((name) => ({
    type: 'AWS::Lambda::Function',
    id: `Droppod-Functions${name.replaceAll('-', '')}0-0`,
  })),
  { type: 'AWS::Logs::LogGroup', id: 'Droppod-Functionsobservelogs0-0' },
  { type: 'AWS::DynamoDB::GlobalTable', id: 'Droppod-Objects' },
];

/** The row of a proof in a scene. */
export async function rowIn(
  assumption: Assumption,
  scene: Scene,
  { certificate, key, ca }: Certificates,
): Promise<Row | undefined> {
  const aws = new FakeAws();
  const place: Place = { server: '', ca, asked: aws.asked };
  const counts = new Map<string, number>();
  const api = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    serve(scene, place, counts, incoming, outgoing).catch(() => outgoing.destroy());
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  place.server = `https://127.0.0.1:${(api.address() as AddressInfo).port}`;
  for (const [operation, answer] of Object.entries(scene.aws?.(place) ?? {}))
    aws.state.answers[operation] = (input) =>
      typeof answer === 'function' ? (answer(input) as object | AwsFault) : answer;
  process.env['AWS_ENDPOINT_URL'] = await aws.listen();
  let now = Date.parse('2026-01-01T00:00:00Z');
  try {
    const rows = await proveAll([assumption], {
      labOf: (id) => labOf(id, scene, place, { now: () => now, pass: (ms) => (now += ms * HASTE) }),
      width: 1,
      isAws: scene.isAws ?? true,
      keep: false,
      onRow: () => undefined,
    });
    return rows[0];
  } finally {
    aws.close();
    api.closeAllConnections();
    api.close();
  }
}

const labOf = (
  id: string,
  scene: Scene,
  { server, ca }: Place,
  clock: { now: () => number; pass: (ms: number) => void },
): Lab =>
  new Lab({
    id,
    namespace: NAMESPACE,
    login: { server, ca, token: () => Promise.resolve('my-token') },
    aws: connectEvidence('us-east-1'),
    deployment: {
      outputs: new Map(Object.entries({ ...OUTPUTS, ...scene.outputs })),
      resources: RESOURCES,
    },
    now: clock.now,
    sleep: (ms) => {
      clock.pass(ms);
      return Promise.resolve();
    },
    patienceMs: 300_000,
  });

async function serve(
  scene: Scene,
  place: Place,
  counts: Map<string, number>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = '', url = '', headers } = incoming;
  const body = await text(incoming);
  const full = new URL(url, place.server);
  const times = counts.get(`${method} ${url}`) ?? 0;
  counts.set(`${method} ${url}`, times + 1);
  const asked: Asked = { method, path: full.pathname, url: full, headers, body, times };
  if (scene.stream?.(asked, outgoing) === true) return;
  const reply = scene.api?.(asked, place) ?? podReply(scene, asked, place) ?? plain(asked);
  const said = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
  const hasNone = method === 'HEAD' || reply.status === 304;
  outgoing
    .writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    .end(hasNone ? undefined : said);
}

const POD = new RegExp(`^/api/v1/namespaces/${NAMESPACE}/pods/([^/]+)(/log)?$`);

function podReply(
  { status, annotations, logs = {} }: Scene,
  { method, path, url, times }: Asked,
  place: Place,
): Reply | undefined {
  const [, name, log] = POD.exec(path) ?? [];
  if (method !== 'GET' || name === undefined || status === undefined) return undefined;
  if (log !== undefined)
    return {
      body: logs[url.searchParams.get('container') ?? 'main'] ?? '',
      headers: { 'content-type': 'text/plain' },
    };
  const is = typeof status === 'function' ? (status(place, name, times) as object) : status;
  return { body: { metadata: { name, uid: 'u1', annotations }, status: is } };
}

const plain = ({ method, body }: Asked): Reply =>
  method === 'POST' ? { status: 201, body } : method === 'GET' ? { status: 404 } : { status: 200 };
