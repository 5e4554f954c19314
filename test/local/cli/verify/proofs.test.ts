// Every proof of verify-aws, run where its assumption holds and where it does not: each must see the difference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSUMPTIONS } from '../../../../local/cli/verify/assumptions.ts';
import { UNTRIED } from '../../../../local/cli/verify/untried.ts';
import { makeCertificates, type Certificates } from '../../../../local/tls/certificates.ts';
import { rowIn } from './scene.ts';
import { FRONTS } from './scenes-of-fronts.ts';
import { TASKS } from './scenes-of-tasks.ts';

const SCENES = { ...FRONTS, ...TASKS };
const TRIED = ASSUMPTIONS.filter((assumption) => !UNTRIED.includes(assumption));
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
let certificates: Certificates;

beforeAll(async () => {
  Object.assign(process.env, CREDENTIALS);
  certificates = await makeCertificates(['127.0.0.1'], new Date());
});
afterAll(() => {
  for (const name of ['AWS_ENDPOINT_URL', ...Object.keys(CREDENTIALS)]) delete process.env[name];
});

it('every assumption that can be tried has scenes, and what is untried says why', () => {
  expect(Object.keys(SCENES).sort()).toEqual(TRIED.map(({ id }) => id).sort());
  expect(UNTRIED.map(({ proof }) => proof).filter((text) => !/^none: ./.test(text))).toEqual([]);
});

describe.each(TRIED)('$id', (assumption) => {
  const { holds, fails, unproven = {} } = SCENES[assumption.id] ?? { holds: {}, fails: {} };
  it.each([
    ['passed', 'it holds', holds] as const,
    ...Object.entries(fails).map(([why, scene]) => ['failed', why, scene] as const),
    ...Object.entries(unproven).map(([why, scene]) => ['unproven', why, scene] as const),
  ])('%s where %s', async (outcome, _why, scene) => {
    const row = await rowIn(assumption, scene, certificates);
    expect([row?.outcome, row?.text]).toEqual([outcome, row?.text]);
    expect(row?.text).not.toBe('');
    // It must fail for the reason under test, not because the scene lacks something.
    expect(row?.text).not.toMatch(/UnknownOperation|is not served|the stack has no (output|AWS)/);
  });
});
