// `Warning` headers: length limits and escaping, as in apiserver's filter.
import { describe, expect, it } from 'vitest';
import { addWarnings } from '../../src/api/wire/warnings.ts';
import { createApi } from './client.ts';

function written(texts: string[]): string[] {
  const headers = new Headers();
  addWarnings(headers, texts);
  return (headers.get('warning') ?? '').split(', 299').map((one) => one.replace(/^(299)? - /, ''));
}

describe('warnings', () => {
  it('a text is said once, quoted, and control characters keep it back', () => {
    expect(written(['a "b"', 'a "b"', 'c\n', ''])).toEqual(['"a \\"b\\""']);
  });

  it('beyond 4096 characters each is cut to 256, and none begins once they are full', () => {
    const texts = Array.from({ length: 90 }, (_, index) => `${index} ${'x'.repeat(1000)}`);
    const all = written(texts);
    expect(all).toHaveLength(16);
    expect(all.map(({ length }) => length)).toEqual(all.map(() => 256 + 2));
  });
});

it.each([
  ['1', 500],
  ['18446744073709551615', 500],
  ['0', 201],
  ['isPrototypeOf', 201],
  [' ', 201],
  ['18446744073709551616', 201],
])('a new object with the version %j is answered with %i', async (resourceVersion, code) => {
  const api = await createApi();
  const { status, body } = await api.send('POST', '/api/v1/namespaces/default/configmaps', {
    body: { metadata: { name: 'x', resourceVersion } },
  });
  expect(status).toBe(code);
  if (code === 500)
    expect(body).toMatchObject({
      message: 'resourceVersion should not be set on objects to be created',
      code: 500,
    });
});

it.each([
  ['deployments', { spec: {} }],
  ['statefulsets', { spec: { serviceName: 's' } }],
])(
  '%s: an update of the template is warned of as its creation is, a label is not',
  async (plural, more) => {
    const { send } = await createApi();
    const path = `/apis/apps/v1/namespaces/default/${plural}`;
    const labels = { app: 'a' };
    const template = (os: string) => ({
      metadata: { labels },
      spec: { nodeSelector: { [os]: 'linux' }, containers: [{ name: 'c', image: 'busybox:1' }] },
    });
    const spec = { ...more.spec, selector: { matchLabels: labels } };
    const warned = (reply: { headers: Headers }): boolean =>
      (reply.headers.get('warning') ?? '').includes(
        'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated',
      );
    const body = {
      metadata: { name: 'a' },
      spec: { ...spec, template: template('kubernetes.io/os') },
    };
    const patch = (change: object) =>
      send('PATCH', `${path}/a`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: change,
      });
    expect(warned(await send('POST', path, { body }))).toBe(false);
    expect(warned(await patch({ spec: { template: template('beta.kubernetes.io/os') } }))).toBe(
      true,
    );
    expect(warned(await patch({ metadata: { labels } }))).toBe(false);
  },
);
