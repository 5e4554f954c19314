// An API's responses to unauthenticated requests, through any front.
import { expect } from 'vitest';
import { textOf } from './front-cases.ts';
import type { Answer, Call } from './front-subjects.ts';

type Send = (call: Call) => Promise<Answer>;

async function refused(send: Send, call: Call, code: number): Promise<void> {
  const answer = await send(call);
  expect(answer.status).toBe(code);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(JSON.parse(await textOf(answer))).toMatchObject({ kind: 'Status', code });
}

export const CASES_OF_THE_API: { name: string; run(send: Send): Promise<void> }[] = [
  {
    name: 'the version is there for everybody',
    async run(send) {
      const answer = await send({ path: '/version' });
      expect(answer.status).toBe(200);
      expect(JSON.parse(await textOf(answer))).toMatchObject({ major: '1' });
    },
  },
  {
    name: 'HEAD has no body',
    async run(send) {
      const answer = await send({ path: '/version', method: 'HEAD' });
      expect(await textOf(answer)).toBe('');
    },
  },
  {
    name: 'a token that nobody gave is 401',
    run: (send) =>
      refused(send, { path: '/api/v1/pods', headers: { authorization: 'Bearer none' } }, 401),
  },
  {
    name: 'pods without a login are refused with a Status',
    async run(send) {
      const answer = await send({ path: '/api/v1/namespaces/default/pods' });
      expect([401, 403]).toContain(answer.status);
      expect(JSON.parse(await textOf(answer))).toMatchObject({ kind: 'Status' });
    },
  },
  {
    name: 'a refusal in YAML, whose package is loaded late',
    async run(send) {
      const headers = { authorization: 'Bearer none', accept: 'application/yaml' };
      const answer = await send({ path: '/api/v1/pods', headers });
      expect(answer.status).toBe(401);
      expect(await textOf(answer)).toMatch(/^kind: Status$/m);
    },
  },
  {
    name: 'a body over the limit of a function is 413',
    async run(send) {
      const body = Buffer.alloc(7 * 1024 * 1024, ' ');
      const path = '/api/v1/namespaces/default/pods';
      const headers = { 'content-type': 'application/json' };
      expect((await send({ path, method: 'POST', headers, body })).status).toBe(413);
    },
  },
];
