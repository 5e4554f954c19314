// An API's responses through any front. Requests that need a login carry an administrator's.
import { createSecureContext } from 'node:tls';
import { expect } from 'vitest';
import { textOf } from './front-cases.ts';
import type { Answer, Call } from './front-subjects.ts';

/** How a case reaches the API. */
export interface Reach {
  send(call: Call): Promise<Answer>;
  /** Absent where no login is known. */
  login?: () => Promise<Record<string, string>>;
}

export interface ApiCase {
  name: string;
  /** What the case requires: a front that is not for streams alone, a login, a server that speaks HTTP. */
  needs?: readonly ('writes' | 'login' | 'no-body-on-HEAD')[];
  run(reach: Reach): Promise<void>;
}

const MIB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

async function refused({ send }: Pick<Reach, 'send'>, call: Call, code: number): Promise<void> {
  const answer = await send(call);
  expect(answer.status).toBe(code);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(JSON.parse(await textOf(answer))).toMatchObject({ kind: 'Status', code });
}

/** A watch of the namespaces, which exist from the start. */
async function watch(
  { send, login }: Reach,
  query: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const path = `/api/v1/namespaces?watch=true&${query}`;
  return send({ path, headers: { ...(await login?.()), ...headers } });
}

const firstPart = async ({ body }: Answer): Promise<string> =>
  Buffer.from((await body[Symbol.asyncIterator]().next()).value as Uint8Array).toString();

const ANYBODY: ApiCase[] = [
  {
    name: 'the version is there for everybody',
    needs: ['writes'],
    async run({ send }) {
      const answer = await send({ path: '/version' });
      expect(answer.status).toBe(200);
      expect(JSON.parse(await textOf(answer))).toMatchObject({ major: '1' });
    },
  },
  {
    name: 'HEAD has no body',
    needs: ['no-body-on-HEAD'],
    async run({ send }) {
      const answer = await send({ path: '/version', method: 'HEAD' });
      expect(await textOf(answer)).toBe('');
    },
  },
  {
    name: 'a token that nobody gave is 401',
    run: (reach) =>
      refused(reach, { path: '/api/v1/pods', headers: { authorization: 'Bearer none' } }, 401),
  },
  {
    name: 'pods without a login are refused with a Status',
    async run({ send }) {
      const answer = await send({ path: '/api/v1/namespaces/default/pods' });
      expect([401, 403]).toContain(answer.status);
      expect(JSON.parse(await textOf(answer))).toMatchObject({ kind: 'Status' });
    },
  },
  {
    name: 'a refusal in YAML, whose package is loaded late',
    async run({ send }) {
      const headers = { authorization: 'Bearer none', accept: 'application/yaml' };
      const answer = await send({ path: '/api/v1/pods', headers });
      expect(answer.status).toBe(401);
      expect(await textOf(answer)).toMatch(/^kind: Status$/m);
    },
  },
  ...[7, 20].map((size): ApiCase => ({
    name: `a body of ${size} MiB is 413, and the next request is served`,
    needs: ['writes'],
    async run({ send, login }) {
      const body = Buffer.alloc(size * MIB, ' ');
      const path = '/api/v1/namespaces/default/pods';
      const headers = { ...JSON_TYPE, ...(await login?.()) };
      expect((await send({ path, method: 'POST', headers, body })).status).toBe(413);
      expect((await send({ path: '/version' })).status).toBe(200);
    },
  })),
];

const LOGGED_IN: ApiCase[] = [
  ...['POST', 'PUT', 'PATCH'].map((method): ApiCase => ({
    name: `an empty body is 400 with a Status (${method})`,
    needs: ['writes', 'login'],
    async run({ send, login }) {
      const path = `/api/v1/namespaces/default/configmaps${method === 'POST' ? '' : '/none'}`;
      const type = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
      const headers = { ...JSON_TYPE, ...type, ...(await login?.()) };
      await refused({ send }, { path, method, headers, body: '' }, 400);
    },
  })),
  {
    name: 'an empty body of a DELETE means no options',
    needs: ['writes', 'login'],
    async run({ send, login }) {
      const headers = { ...JSON_TYPE, ...(await login?.()) };
      const path = '/api/v1/namespaces/default/configmaps/none';
      await refused({ send }, { path, method: 'DELETE', headers, body: '' }, 404);
    },
  },
  {
    name: 'pods are given certificates by which they can trust an API',
    needs: ['login'],
    async run({ send, login }) {
      const path = '/api/v1/namespaces/default/configmaps/kube-root-ca.crt';
      const answer = await send({ path, headers: { ...(await login?.()) } });
      const { data } = JSON.parse(await textOf(answer)) as { data?: Record<string, string> };
      const pem = data?.['ca.crt'] ?? '';
      expect(pem).toContain('BEGIN CERTIFICATE');
      expect(() => createSecureContext({ ca: pem })).not.toThrow();
    },
  },
  {
    name: 'a watch ends by the time that its client gives it, whole and without trailers',
    needs: ['login'],
    async run(reach) {
      const answer = await watch(reach, 'timeoutSeconds=1', { te: 'trailers' });
      expect(answer.status).toBe(200);
      expect(JSON.parse((await textOf(answer)).split('\n')[0] ?? '')).toMatchObject({
        type: 'ADDED',
        object: { kind: 'Namespace' },
      });
      expect(answer.headers.get('trailer')).toBeNull();
      expect(answer.end()).toEqual({ isWhole: true, trailers: {} });
    },
  },
  {
    name: 'clients that are gone leave the API to others, and their watches end by their own time',
    needs: ['login'],
    async run(reach) {
      for (let client = 0; client < 2; client++) {
        const answer = await watch(reach, 'timeoutSeconds=1');
        expect(await firstPart(answer)).toContain('ADDED');
        answer.leave();
      }
      // Both environments of a function are needed for these.
      const answers = await Promise.all([1, 2].map(() => watch(reach, 'timeoutSeconds=1')));
      for (const answer of answers) expect(await firstPart(answer)).toContain('ADDED');
      for (const answer of answers) answer.leave();
    },
  },
];

export const CASES_OF_THE_API: ApiCase[] = [...ANYBODY, ...LOGGED_IN];
