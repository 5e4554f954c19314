// The AWS port on a real socket: no key, a wrong key, an old or modified request is refused in AWS's words.
import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamo, type Dynamo } from '../../../local/aws/dynamodb/create-dynamo.ts';
import { awsFront } from '../../../local/aws/front.ts';
import { invokeOverRest } from '../../../local/aws/lambda/invoke.ts';
import { httpServer, listen, type Listening } from '../../../local/server.ts';
import { systemClock } from '../../../src/system-clock.ts';

const KEY = { accessKeyId: 'DROPPODTESTKEY000001', secretAccessKey: 'secret/of+the/test' };
let door: Listening;
let dynamo: Dynamo;
let skewMs = 0;
const invoked: unknown[] = [];

beforeAll(async () => {
  dynamo = await createDynamo({ clock: systemClock });
  const clock = { now: () => new Date(Date.now() + skewMs) };
  const functions = {
    sweep: (payload: unknown) => {
      invoked.push(payload);
      return Promise.resolve('swept');
    },
  };
  const handler = awsFront({
    endpoint: dynamo.endpoint,
    rest: (request) => invokeOverRest(functions, request, () => undefined),
    key: KEY,
    clock,
  });
  door = await listen(
    () =>
      httpServer({
        handler,
        refusal: (status, message) => Response.json({ message }, { status }),
        maxBodyBytes: 1 << 20,
        clock: systemClock,
        log: () => undefined,
      }),
    ['127.0.0.1'],
    0,
  );
});
afterAll(async () => {
  await door.close();
  await dynamo.close();
});

const client = (credentials: typeof KEY, host = '127.0.0.1'): DynamoDBClient =>
  new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: `http://${host}:${door.port}`,
    credentials,
    maxAttempts: 1,
  });

interface Answer {
  status: number;
  type: string | undefined;
  body: string;
}

function post(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port: door.port, path, method: 'POST', headers },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['x-amzn-errortype'] as string | undefined,
            body: text,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** Headers of a request signed as AWS documents it, independently of the signer in use. */
function signed(
  path: string,
  body: string,
  more: Record<string, string> = {},
  but: { unsigned?: string; sha256?: string; at?: Date } = {},
): Record<string, string> {
  const date = (but.at ?? new Date()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    host: `127.0.0.1:${door.port}`,
    'x-amz-date': date,
    ...more,
  };
  const names = Object.keys(headers)
    .filter((name) => name !== but.unsigned)
    .sort();
  const canonical = [
    'POST',
    path,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    but.sha256 ?? createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const scope = `${date.slice(0, 8)}/us-east-1/lambda/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const key = [date.slice(0, 8), 'us-east-1', 'lambda', 'aws4_request'].reduce<string | Buffer>(
    (last, part) => hmac(last, part),
    `AWS4${KEY.secretAccessKey}`,
  );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${KEY.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

const JSON_1_0 = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.ListTables',
};
const INVOKE = '/2015-03-31/functions/sweep/invocations';

describe('the AWS port', () => {
  it.each(['127.0.0.1', 'localhost'])('serves an SDK that has the key at %s', async (host) => {
    expect((await client(KEY, host).send(new ListTablesCommand({}))).TableNames).toEqual([]);
  });

  it("keeps the service's own errors behind a good signature", async () => {
    await expect(
      client(KEY).send(new DescribeTableCommand({ TableName: 'nothing' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it.each([
    [
      'an unknown key',
      { ...KEY, accessKeyId: 'DROPPODTESTKEY000002' },
      'UnrecognizedClientException',
    ],
    [
      'the key that was good for everybody',
      { accessKeyId: 'local', secretAccessKey: 'local' },
      'UnrecognizedClientException',
    ],
    ['a wrong secret', { ...KEY, secretAccessKey: 'guessed' }, 'InvalidSignatureException'],
  ])('refuses %s', async (_what, credentials, name) => {
    await expect(client(credentials).send(new ListTablesCommand({}))).rejects.toMatchObject({
      name,
    });
  });

  it('refuses a request without a signature, of a JSON service and of Lambda', async () => {
    expect(await post('/', JSON_1_0, '{}')).toMatchObject({
      status: 400,
      type: 'MissingAuthenticationTokenException',
      body: expect.stringContaining('Request is missing Authentication Token'),
    });
    expect(await post(INVOKE, { 'content-type': 'application/json' }, '{}')).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    });
    expect(await post(INVOKE, { authorization: 'Bearer x' }, '{}')).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    });
    expect(invoked).toEqual([]);
  });

  it('serves what was signed by the rules, a Lambda invocation with a query too', async () => {
    expect(await post('/', signed('/', '{}', JSON_1_0), '{}')).toMatchObject({
      status: 200,
      body: '{"TableNames":[]}',
    });
    expect(
      await post(
        INVOKE,
        signed(INVOKE, '{"a":1}', { 'content-type': 'application/json' }),
        '{"a":1}',
      ),
    ).toMatchObject({ status: 200, body: '"swept"' });
    expect(invoked.splice(0)).toEqual([{ a: 1 }]);
  });

  it.each([
    ['a changed body', () => [signed('/', '{}', JSON_1_0), '{"Limit":1}']],
    [
      'a body that was declared unsigned',
      () => [
        signed(
          '/',
          '{}',
          { ...JSON_1_0, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
          { sha256: 'UNSIGNED-PAYLOAD' },
        ),
        '{}',
      ],
    ],
    [
      'a target that was not signed',
      () => [signed('/', '{}', JSON_1_0, { unsigned: 'x-amz-target' }), '{}'],
    ],
    ['a host that was not signed', () => [signed('/', '{}', JSON_1_0, { unsigned: 'host' }), '{}']],
    [
      'a changed target',
      () => [
        { ...signed('/', '{}', JSON_1_0), 'x-amz-target': 'DynamoDB_20120810.DeleteTable' },
        '{}',
      ],
    ],
    [
      'a signature cut short',
      () => {
        const all = signed('/', '{}', JSON_1_0);
        return [{ ...all, authorization: all.authorization!.slice(0, -1) }, '{}'];
      },
    ],
  ] satisfies [string, () => [Record<string, string>, string]][])(
    'refuses %s',
    async (_what, make) => {
      const [headers, body] = make() as [Record<string, string>, string];
      expect(await post('/', headers, body)).toMatchObject({
        status: 400,
        type: 'InvalidSignatureException',
      });
    },
  );

  it('refuses a request for another path than the signed one', async () => {
    expect(
      await post(INVOKE, signed('/', '{}', { 'content-type': 'application/json' }), '{}'),
    ).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
    expect(invoked).toEqual([]);
  });
});

describe('the AWS port: times, hosts and names', () => {
  it.each([
    [6 * 60_000, /Signature expired: .* is now earlier than .* - 5 min\.\)/],
    [-6 * 60_000, /Signature not yet current: .* is still later than .* \+ 5 min\.\)/],
  ])('refuses a signature when %i ms have passed since', async (ms, words) => {
    skewMs = ms;
    try {
      const answer = await post('/', signed('/', '{}', JSON_1_0), '{}');
      expect(answer).toMatchObject({ status: 400, type: 'InvalidSignatureException' });
      expect(answer.body).toMatch(words);
    } finally {
      skewMs = 0;
    }
  });

  it.each([
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA256 Credential=',
    'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request',
    'AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=0',
  ])('refuses the incomplete header %s', async (authorization) => {
    const answer = await post(
      '/',
      { ...JSON_1_0, 'x-amz-date': '20260101T000000Z', authorization },
      '{}',
    );
    expect(answer).toMatchObject({ status: 400, type: 'IncompleteSignatureException' });
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'does not answer to the foreign name %j, whatever the signature says',
    async (host) => {
      expect(await post('/', { ...signed('/', '{}', JSON_1_0), host }, '{}')).toMatchObject({
        status: 421,
      });
    },
  );

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])(
    "serves no post of the kind that another site's page may send: %s",
    async (type) => {
      expect(
        await post(INVOKE, signed(INVOKE, '{}', { 'content-type': type }), '{}'),
      ).toMatchObject({ status: 403, type: 'UnknownOperationException' });
      expect(invoked).toEqual([]);
    },
  );

  it("a function's name is looked up among the functions only", async () => {
    const path = '/2015-03-31/functions/constructor/invocations';
    expect(
      await post(path, signed(path, '{}', { 'content-type': 'application/json' }), '{}'),
    ).toMatchObject({ status: 404, type: 'ResourceNotFoundException' });
  });

  it("a name that cannot be read is nobody's", async () => {
    const answer = await invokeOverRest(
      {},
      new Request('http://127.0.0.1/2015-03-31/functions/%zz/invocations', {
        method: 'POST',
        body: '{}',
      }),
      () => undefined,
    );
    expect(answer?.status).toBe(404);
  });
});
