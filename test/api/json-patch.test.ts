// JSON patches as kube-apiserver applies them, and their limits.
import { describe, expect, it } from 'vitest';
import { applyJsonPatch, type Operation } from '../../src/api/patch/json-patch.ts';
import { mergePatch } from '../../src/api/patch/merge-patch.ts';
import { createApi, NAMESPACE } from './client.ts';

const applied = (document: object, ...operations: object[]) =>
  applyJsonPatch(structuredClone(document) as never, structuredClone(operations) as Operation[]);

describe('JSON patch', () => {
  it.each([
    ['add sets a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [
      'add inserts into a list',
      { a: [1, 3] },
      [{ op: 'add', path: '/a/1', value: 2 }],
      { a: [1, 2, 3] },
    ],
    ['- is the end of a list', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [
      'a negative index counts from the end',
      { a: [1, 2] },
      [
        { op: 'add', path: '/a/-1', value: 3 },
        { op: 'remove', path: '/a/-3' },
      ],
      { a: [2, 3] },
    ],
    ['remove takes a member out', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [
      'replace sets what is there',
      { a: { b: 1 } },
      [{ op: 'replace', path: '/a/b', value: 2 }],
      { a: { b: 2 } },
    ],
    ['replace of the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
    [
      'move',
      { a: { b: 1 }, c: {} },
      [{ op: 'move', from: '/a/b', path: '/c/d' }],
      { a: {}, c: { d: 1 } },
    ],
    [
      'a copy shares nothing with what it was made of',
      { a: { b: 1 } },
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'replace', path: '/c/b', value: 2 },
      ],
      { a: { b: 1 }, c: { b: 2 } },
    ],
    [
      'test passes equal values, and null where nothing is',
      { a: [1, { b: 2 }] },
      [
        { op: 'test', path: '/a', value: [1, { b: 2 }] },
        { op: 'test', path: '/z', value: null },
      ],
      { a: [1, { b: 2 }] },
    ],
    [
      '~1 and ~0 are / and ~',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/c~0d' },
      ],
      {},
    ],
  ])('%s', (_rule, document, operations, expected) =>
    expect(applied(document, ...operations)).toEqual(expected),
  );

  it.each([
    ['a parent that is not there', { op: 'add', path: '/x/y', value: 1 }],
    ['add of the whole', { op: 'add', path: '', value: {} }],
    ['a member of a text', { op: 'add', path: '/s/length', value: 1 }],
    ['replace of nothing', { op: 'replace', path: '/x', value: 1 }],
    ['remove of nothing', { op: 'remove', path: '/x' }],
    ['remove of what only the prototype has', { op: 'remove', path: '/constructor' }],
    ['an index behind the end', { op: 'add', path: '/l/9', value: 1 }],
    ['an index that is no number', { op: 'add', path: '/l/x', value: 1 }],
    ['a failing test', { op: 'test', path: '/s', value: 'u' }],
    ['an unknown operation', { op: 'grow', path: '/s' }],
    ['no path', { op: 'remove' }],
    ['a path without a slash', { op: 'remove', path: 's' }],
  ])('fails for %s', (_rule, operation) =>
    expect(() => applied({ s: 't', l: [1] }, operation)).toThrow(),
  );

  it('copies three mebibytes in all and no more', () => {
    const double = { op: 'copy', from: '/l', path: '/l/-' };
    expect(() =>
      applied({ l: ['0123456789'] }, ...Array.from({ length: 15 }, () => double)),
    ).not.toThrow();
    expect(() =>
      applied({ l: ['0123456789'] }, ...Array.from({ length: 26 }, () => double)),
    ).toThrow(/exceeding the limit 3145728/);
  });

  it('does not push a long list aside for every operation', () => {
    const operations = Array.from({ length: 200 }, () => ({ op: 'add', path: '/l/0', value: 1 }));
    expect(() => applied({ l: Array.from({ length: 100_000 }, () => 1) }, ...operations)).toThrow(
      /moves too many elements/,
    );
  });
});

describe('merge patch (the table of RFC 7396)', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j make %j', (target, patch, expected) =>
    expect(mergePatch(target as never, patch as never)).toEqual(expected),
  );
});

describe('the API', () => {
  const patched = async (body: string) => {
    const api = await createApi();
    await api.send('POST', `${NAMESPACE}/configmaps`, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', finalizers: ['a.b/c'] } },
    });
    return api.send('PATCH', `${NAMESPACE}/configmaps/m`, {
      body,
      headers: { 'content-type': 'application/json-patch+json' },
    });
  };

  it('refuses a patch that doubles a list again and again', async () => {
    const { status, body } = await patched(
      JSON.stringify(
        Array.from({ length: 40 }, () => ({
          op: 'copy',
          from: '/metadata/finalizers',
          path: '/metadata/finalizers/-',
        })),
      ),
    );
    expect([status, body['reason']]).toEqual([422, 'Invalid']);
  });

  it('refuses more than 10 000 operations and operations that are none', async () => {
    expect(
      (
        await patched(
          JSON.stringify(
            Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/x', value: null })),
          ),
        )
      ).status,
    ).toBe(413);
    expect((await patched('[5]')).status).toBe(400);
  });
});
