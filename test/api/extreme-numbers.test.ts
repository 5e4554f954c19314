// Every int64 of a pod and of the options of DELETE at its extremes: never a 500, and only valid dates.
import { describe, expect, it } from 'vitest';
import { deadlineOf as activeDeadline } from '../../src/record/deadline.ts';
import { later, secondsLeft } from '../../src/later.ts';
import { longPlaces } from '../budget/shapes.ts';
import { kindShape, type Shape } from '../../src/kinds/shapes.ts';
import { createApi, NAMESPACE, place, pod } from './client.ts';

const EXTREMES = [
  '9223372036854775807',
  '-9223372036854775808',
  '8640000000001',
  '253402300800',
  '2147483648',
  '-1',
  '0',
];
const TIME = /^\d{4}-\d\d-\d\dT/;

/** Every date in a response is valid. */
function expectTimes(value: unknown): void {
  for (const [name, member] of Object.entries(value ?? {})) {
    if (/^(?!f:).*(Time|Timestamp)$/.test(name) && member !== null)
      expect([name, member]).toEqual([name, expect.stringMatching(TIME)]);
    else if (typeof member === 'object') expectTimes(member);
  }
}

/** Paths of the integers of a PodSpec. */
function integers(shape: Shape, path: string[] = [], above: readonly Shape[] = []): string[][] {
  if (above.includes(shape)) return [];
  if (shape.type === 'int64' || shape.type === 'int32') return [path];
  if (shape.type === 'object')
    return [...shape.fields].flatMap(([name, field]) =>
      integers(field.shape, [...path, name], [...above, shape]),
    );
  if (shape.type === 'list') return integers(shape.of, [...path, '0'], [...above, shape]);
  return [];
}

function withNumber(path: string[], number: string): string {
  const object = pod('x') as Record<string, unknown>;
  let at = object;
  path.forEach((name, index) => {
    if (index === path.length - 1) at[name] = '@number@';
    else at = (at[name] ??= path[index + 1] === '0' ? [{}] : {}) as Record<string, unknown>;
  });
  return JSON.stringify(object).replace('"@number@"', number);
}

describe('extremes of int64', () => {
  it('of any number in a pod are taken or refused, never a fault', async () => {
    const api = await createApi();
    const paths = integers(kindShape('', 'Pod')).filter(([top]) => top !== 'status');
    expect(paths.length).toBeGreaterThan(100);
    expect(longPlaces('', 'Pod').length).toBeGreaterThan(50);
    const faults: string[] = [];
    for (const path of paths) {
      for (const number of EXTREMES.slice(0, 2)) {
        const { status } = await api.send('POST', `${NAMESPACE}/pods?dryRun=All`, {
          body: withNumber(path, number),
        });
        if (status >= 500) faults.push(`${path.join('.')} ${number}: ${status}`);
      }
    }
    expect(faults).toEqual([]);
  }, 60_000);

  it.each(EXTREMES)('%s seconds of grace end at a date', async (seconds) => {
    const api = await createApi();
    for (const [name, how] of [
      ['spec', 'spec'],
      ['query', 'query'],
      ['body', 'body'],
      ['evicted', 'eviction'],
    ] as const) {
      const fields =
        how === 'spec'
          ? { terminationGracePeriodSeconds: '@number@', activeDeadlineSeconds: 5 }
          : {};
      const made = await api.send('POST', `${NAMESPACE}/pods`, {
        body: JSON.stringify(pod(name, fields)).replace('"@number@"', seconds),
      });
      expect(made.status).toBe(201);
      await place(api, 'default', name);
      const path = `${NAMESPACE}/pods/${name}`;
      const options = `{"gracePeriodSeconds":${seconds}}`;
      const answer =
        how === 'eviction'
          ? await api.send('POST', `${path}/eviction`, {
              body: `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"${name}"},"deleteOptions":${options}}`,
            })
          : await api.send(
              'DELETE',
              how === 'query' ? `${path}?gracePeriodSeconds=${seconds}` : path,
              how === 'body' ? { body: options } : {},
            );
      expect(answer.status).toBeLessThan(500);
      expectTimes(answer.body);
      const left = await api.send('GET', path);
      expectTimes(left.body);
      expect(
        (await api.send('DELETE', path, { body: '{"gracePeriodSeconds":0}' })).status,
      ).toBeLessThan(500);
    }
    expect((await api.send('DELETE', '/api/v1/namespaces/default')).status).toBeLessThan(500);
  });

  it.each(EXTREMES)('a deadline of %s seconds is a date', (seconds) => {
    const at = activeDeadline(
      {
        metadata: {},
        spec: { containers: [], activeDeadlineSeconds: Number(seconds) },
        status: {},
      } as never,
      { acceptedAt: '2026-01-01T00:00:00Z', containers: {} } as never,
    );
    expect(Number.isNaN(at?.getTime())).toBe(false);
    expect(at?.toISOString()).toMatch(TIME);
  });

  it.each(EXTREMES)('%s seconds on is within the years that are written', (seconds) => {
    const now = new Date('2026-01-01T00:00:00Z');
    expect(later(now, Number(seconds)).toISOString()).toMatch(TIME);
    expect(later(now, secondsLeft(now)).toISOString()).toBe('9999-12-31T23:59:59.000Z');
  });
});
