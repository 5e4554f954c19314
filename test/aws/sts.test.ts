// STS over HTTP: the meaning of its responses, and that errors contain nothing of a login's URL.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { awsSts } from '../../src/aws/sts.ts';
import { Unavailable } from '../../src/errors.ts';

const URL_OF_LOGIN =
  'https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Signature=secret';
const IDENTITY = {
  Arn: 'arn:aws:iam::000000000000:user/a',
  Account: '000000000000',
  UserId: 'AIDA',
};
const answer = (result: unknown) =>
  JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } });
const error = (code: string) => JSON.stringify({ Error: { Code: code, Message: 'canonical' } });

const asked = (status: number, body: string, headers: Record<string, string> = {}) =>
  awsSts({
    fetch: () => Promise.resolve(new Response(body, { status, headers })),
  }).callerIdentity(URL_OF_LOGIN, { 'x-k8s-aws-id': 'c' });

it('R6: an identity is what STS says', async () => {
  expect(await asked(200, answer(IDENTITY))).toEqual({
    arn: IDENTITY.Arn,
    account: IDENTITY.Account,
    userId: IDENTITY.UserId,
  });
});

it('R6: an emulator may answer in XML, whatever it was asked for', async () => {
  const members = Object.entries(IDENTITY).map(([name, value]) => `<${name}>${value}</${name}>`);
  expect(await asked(200, `<?xml version="1.0"?><R><R1>${members.join('')}</R1></R>`)).toEqual({
    arn: IDENTITY.Arn,
    account: IDENTITY.Account,
    userId: IDENTITY.UserId,
  });
  expect(await asked(403, '<E><Code>ExpiredToken</Code></E>')).toEqual({
    refused: '403 ExpiredToken',
  });
});

it.each([
  [403, error('SignatureDoesNotMatch'), '403 SignatureDoesNotMatch'],
  [403, error('ExpiredToken'), '403 ExpiredToken'],
  [403, '<html>', '403 '],
  [403, error('a code with spaces'), '403 '],
  [302, '', '302 '],
])('R6: %i %s is a refusal', async (status, body, refused) => {
  expect(await asked(status, body, { location: 'https://example.org/' })).toEqual({ refused });
});

it.each([
  [400, error('Throttling')],
  [429, ''],
  [500, ''],
  [503, error('ServiceUnavailable')],
  [200, '<html>'],
  [200, answer({ ...IDENTITY, Arn: 1 })],
  [200, '{}'],
  [200, 'null'],
  [200, 'x'.repeat(70_000)],
])('R6: %i %.60s is no answer about the caller', async (status, body) => {
  await expect(asked(status, body)).rejects.toThrow(Unavailable);
});

it('R6: a fault of the network shows nothing of the login', async () => {
  const sts = awsSts({ fetch: (url) => Promise.reject(new TypeError(`cannot reach ${url}`)) });
  const fault: unknown = await sts
    .callerIdentity(URL_OF_LOGIN, {})
    .catch((reason: unknown) => reason);
  expect(fault).toBeInstanceOf(Unavailable);
  expect(String(fault)).not.toContain('secret');
  expect((fault as Error).cause).toBeUndefined();
});

it('R6: the request goes out as it was signed, with the cluster’s id, and follows no redirect', async () => {
  const seen: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sts = awsSts({
    fetch: (url, init) => fetch(url, init),
    endpoint: `http://127.0.0.1:${port}/`,
  });
  expect(
    await sts.callerIdentity(URL_OF_LOGIN, { 'x-k8s-aws-id': 'c', accept: 'application/json' }),
  ).toEqual({
    refused: '302 ',
  });
  expect(seen).toMatchObject([
    {
      url: '/?Action=GetCallerIdentity&X-Amz-Signature=secret',
      headers: { 'x-k8s-aws-id': 'c', accept: 'application/json' },
    },
  ]);
  await new Promise((resolve) => server.close(resolve));
});
