// No body makes the API work longer than it is long: every list and map of every kind, filled with equal and with distinct entries.
import { describe, expect, it } from 'vitest';
import { kindShape } from '../../src/kinds/shapes.ts';
import { createApi, NAMESPACE, pod, TABLE } from '../api/client.ts';
import { filled, longPlaces } from './shapes.ts';
import { growthProblem } from './work.ts';

const N = 500;
const LONGEST_MS = 600_000;

const named = (kind: string, fields: object = {}) => ({ apiVersion: 'v1', kind, metadata: { name: 'a' }, ...fields });
const KINDS: [group: string, kind: string, path: string, base: object][] = [
  ['', 'Pod', `${NAMESPACE}/pods`, pod('a')],
  ['', 'ConfigMap', `${NAMESPACE}/configmaps`, named('ConfigMap')],
  ['', 'Secret', `${NAMESPACE}/secrets`, named('Secret')],
  ['', 'Service', `${NAMESPACE}/services`, named('Service', { spec: { ports: [{ port: 80 }] } })],
  ['', 'ServiceAccount', `${NAMESPACE}/serviceaccounts`, named('ServiceAccount')],
  ['', 'Endpoints', `${NAMESPACE}/endpoints`, named('Endpoints')],
];

const api = await createApi();

describe.each(KINDS)('a body of %s %s', (group, kind, path, base) => {
  const shape = kindShape(group, kind);
  const post = (body: string) => api.send('POST', `${path}?dryRun=All`, { body, headers: { accept: TABLE } });

  it.each([['distinct', true], ['equal', false]] as const)('%s entries: its work grows as it does', async (_kind, distinct) => {
    const problems: string[] = [];
    for (const place of longPlaces(group, kind)) {
      const problem = await growthProblem(N, (n) => JSON.stringify(filled(base, shape, place, n, distinct)), post);
      if (problem !== undefined) problems.push(`${place.path.join('.')}: ${problem}`);
    }
    expect(problems).toEqual([]);
  }, LONGEST_MS);
});
