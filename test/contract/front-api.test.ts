// The API behind each of its fronts, with one real table: in this process, behind the local HTTPS server, and its real bundles on AWS's
// runtime client behind a function URL; also the URL in DROPPOD_FRONT_URL, which may be a deployment, with the token in
// DROPPOD_FRONT_TOKEN where one is given.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CASES_OF_THE_API, type Reach } from './front-api-cases.ts';
import { createDynamo, type Dynamo } from '../../local/aws/dynamodb/create-dynamo.ts';
import { httpServer, listen, type Listening } from '../../local/server.ts';
import { api } from '../../src/api/serve.ts';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { NAMES, OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { createPorts } from '../../src/aws/create-ports.ts';
import { ensureTable } from '../../src/aws/ensure-table.ts';
import { closing } from '../fakes/closing.ts';
import { CLUSTER_ID, loginToken } from '../fakes/fake-sts.ts';
import { bundled } from './bundled.ts';
import { textOf } from './front-cases.ts';
import {
  inProcess,
  localServer,
  overHttp,
  runtimeClient,
  type Front,
  type Subject,
} from './front-subjects.ts';
import { fetchClient, VERSIONS } from './runtime-client.ts';

const version = VERSIONS[0]!;
const URL_OF_A_FRONT = process.env['DROPPOD_FRONT_URL'];

/** DynamoDB on a port, for another process. */
async function tableOnAPort(): Promise<{ port: number; close(): Promise<void> }> {
  const dynamo: Dynamo = await createDynamo({ clock: systemClock });
  const { dynamodb } = createClients({
    region: 'us-east-1',
    endpoint: 'http://aws.local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: dynamo.requestHandler,
  });
  await ensureTable(dynamodb, 'droppod', systemClock);
  const handler = async (request: Request): Promise<Response> => {
    const target = request.headers.get('x-amz-target') ?? '';
    const answer = await dynamo.endpoint({ target, body: Buffer.from(await request.text()) });
    return new Response(answer?.body ?? '{}', {
      status: answer?.status ?? 404,
      headers: answer?.headers ?? {},
    });
  };
  const refusal = (status: number): Response => new Response(null, { status });
  const door = { handler, refusal, maxBodyBytes: Infinity, clock: systemClock, log: () => {} };
  const listening: Listening = await listen(() => httpServer(door), ['127.0.0.1'], 0);
  return {
    port: listening.port,
    close: async () => {
      await listening.close();
      await dynamo.close();
    },
  };
}

const ARN = 'arn:aws:iam::000000000000:user/front';

/** STS that knows everybody as the one user: what a login must be is checked elsewhere. */
async function stsOnAPort(): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((_incoming, outgoing) => {
    const result = { Arn: ARN, UserId: 'FRONT', Account: '000000000000' };
    outgoing
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => closing(server) };
}

const environmentOf = (tablePort: number, stsUrl: string): Record<string, string> => ({
  ...Object.fromEntries(Object.values(NAMES).map((name) => [name, 'front'])),
  [NAMES.table]: 'droppod',
  [NAMES.region]: 'us-east-1',
  [OPTIONAL_NAMES.holdsKeys]: 'true',
  [OPTIONAL_NAMES.clusterId]: CLUSTER_ID,
  [OPTIONAL_NAMES.principals]: JSON.stringify({
    mapUsers: [{ userarn: ARN, username: 'front', groups: ['system:masters'] }],
  }),
  [OPTIONAL_NAMES.stsEndpoint]: stsUrl,
  AWS_ENDPOINT_URL: `http://127.0.0.1:${tablePort}`,
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
});

const login = async (): Promise<Record<string, string>> => {
  const key = { accessKeyId: 'a', secretAccessKey: 'b' };
  return { authorization: `Bearer ${await loginToken(key, { signingDate: new Date() })}` };
};

const hasClient = (await fetchClient(version)) !== undefined;
if (!hasClient) console.log('skipped: aws-lambda-ric is not to be had from the registry');
if (!URL_OF_A_FRONT) console.log('skipped: DROPPOD_FRONT_URL names no deployed front');

/** Its environment, and this process's too, since the SDK reads it. */
async function openAll() {
  const table = await tableOnAPort();
  const sts = await stsOnAPort();
  const environment = environmentOf(table.port, sts.url);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const ports = createPorts(environment);
  // Whoever is asked first writes what every installation has; the function for watches only reads it.
  await api(ports, new Request('http://front/version'));
  return {
    environment,
    api: (request: Request) => api(ports, request),
    close: async () => {
      vi.unstubAllEnvs();
      await sts.close();
      await table.close();
    },
  };
}

const without = (lacks: readonly string[]): typeof CASES_OF_THE_API =>
  CASES_OF_THE_API.filter(({ needs = [] }) => !needs.some((need) => lacks.includes(need)));

let all: Awaited<ReturnType<typeof openAll>>;
beforeAll(async () => {
  all = await openAll();
});
afterAll(() => all.close());

const subjects: [name: string, subject: () => Subject][] = [
  ['in this process', () => inProcess(all.api)],
  ['behind the local HTTPS server', () => localServer(all.api)],
  ...(hasClient ? ['api', 'watch'] : []).map((name): [string, () => Subject] => [
    `as the bundle of ${name} on AWS's runtime client`,
    () => runtimeClient(version, () => bundled(`functions/${name}.ts`), all.environment),
  ]),
];

/** Their last test looks back at all others. `each` takes the option, but its type lacks it. */
const IN_ORDER: object = { shuffle: false };

describe.each(subjects)('the API %s', IN_ORDER, (name, subject) => {
  const onlyReads = name.includes('watch');
  const lacks = [
    ...(onlyReads ? ['writes'] : []),
    ...(name === 'in this process' ? ['no-body-on-HEAD'] : []),
  ];
  let front: Front;
  beforeAll(async () => {
    front = await subject().open();
  });
  afterAll(() => front.close());

  it.each(without(lacks))('$name', ({ run }) => run({ send: (call) => front.send(call), login }));
  it.skipIf(name.includes('bundle'))('what is too large is refused with a Status', async () => {
    const path = '/api/v1/namespaces/default/pods';
    const headers = { ...(await login()), 'content-type': 'application/json' };
    const body = Buffer.alloc(20 * 1024 * 1024, ' ');
    const answer = await front.send({ path, method: 'POST', headers, body });
    expect(JSON.parse(await textOf(answer))).toMatchObject({ kind: 'Status', code: 413 });
  });
  it.runIf(onlyReads)('writes are not its to take', async () => {
    const path = '/api/v1/namespaces';
    expect((await front.send({ path, method: 'POST', body: '{}' })).status).toBe(405);
  });
  it('the runtime reported no error', () => {
    expect(front.errors ?? []).toEqual([]);
  });
});

describe.skipIf(!URL_OF_A_FRONT)('the front at DROPPOD_FRONT_URL', () => {
  const base = (URL_OF_A_FRONT ?? '').replace(/\/$/, '');
  const token = process.env['DROPPOD_FRONT_TOKEN'];
  const reach: Reach = {
    send: (call) => overHttp(base, call),
    ...(token ? { login: () => Promise.resolve({ authorization: `Bearer ${token}` }) } : {}),
  };
  it.each(without(token ? [] : ['login']))('$name', ({ run }) => run(reach));
});
