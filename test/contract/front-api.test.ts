// The API's function behind a function URL: its real bundle on AWS's runtime client and a real table; also against the URL in
// DROPPOD_FRONT_URL, which may be a deployment. None of it needs a login.
import { CASES_OF_THE_API } from './front-api-cases.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamo, type Dynamo } from '../../local/aws/dynamodb/create-dynamo.ts';
import { httpServer, listen, type Listening } from '../../local/server.ts';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/system-clock.ts';
import { NAMES, OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { ensureTable } from '../../src/aws/ensure-table.ts';
import { bundled } from './bundled.ts';
import { overHttp, runtimeClient, type Front } from './front-subjects.ts';
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

const environmentOf = (port: number): Record<string, string> => ({
  ...Object.fromEntries(Object.values(NAMES).map((name) => [name, 'front'])),
  [NAMES.table]: 'droppod',
  [NAMES.region]: 'us-east-1',
  [OPTIONAL_NAMES.holdsKeys]: 'true',
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
});

/** Streams begin where the API has been before: a new table has no roles yet by which anybody may read the version. */
const casesOf = (name: string): typeof CASES_OF_THE_API =>
  name === 'api' ? CASES_OF_THE_API : CASES_OF_THE_API.filter(({ name: one }) => /401/.test(one));

const hasClient = (await fetchClient(version)) !== undefined;
if (!hasClient) console.log('skipped: aws-lambda-ric is not to be had from the registry');
if (!URL_OF_A_FRONT) console.log('skipped: DROPPOD_FRONT_URL names no deployed front');

describe.skipIf(!hasClient).each(['api', 'watch'])(
  "the bundle of %s on AWS's runtime client",
  (name) => {
    let table: Awaited<ReturnType<typeof tableOnAPort>>;
    let front: Front;
    beforeAll(async () => {
      table = await tableOnAPort();
      const bundle = (): ReturnType<typeof bundled> => bundled(`functions/${name}.ts`);
      front = await runtimeClient(version, bundle, environmentOf(table.port)).open();
    });
    afterAll(async () => {
      await front.close();
      await table.close();
    });

    it.each(casesOf(name))('$name', ({ run }) => run((call) => front.send(call)));
    it.runIf(name === 'watch')('writes are not its to take', async () => {
      const path = '/api/v1/namespaces';
      expect((await front.send({ path, method: 'POST', body: '{}' })).status).toBe(405);
    });
    it('the runtime reported no error', () => {
      expect(front.errors).toEqual([]);
    });
  },
);

describe.skipIf(!URL_OF_A_FRONT)('the front at DROPPOD_FRONT_URL', () => {
  const base = (URL_OF_A_FRONT ?? '').replace(/\/$/, '');
  it.each(CASES_OF_THE_API)('$name', ({ run }) => run((call) => overHttp(base, call)));
});
