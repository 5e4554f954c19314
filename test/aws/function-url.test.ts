// A function URL's events as requests: a path names what it named when it was sent.
import { expect, it } from 'vitest';
import { toRequest } from '../../src/aws/function-url.ts';

const pathOf = (rawPath: string, rawQueryString = ''): string => {
  const { signal } = new AbortController();
  const requestContext = { domainName: 'x.aws', http: { method: 'DELETE' } };
  const { pathname, search } = new URL(
    toRequest({ rawPath, rawQueryString, headers: {}, requestContext }, signal).url,
  );
  return pathname + search;
};

const SECRETS = '/api/v1/namespaces/a/secrets';

it.each(['..', '.', '%2e%2e', '.%2E', '../..', '../x'])(
  'a name of dots is no way up: %s',
  (name) => {
    const path = pathOf(`${SECRETS}/${name}`);
    expect(path.startsWith(`${SECRETS}/%252e`)).toBe(true);
  },
);

it('names that hold dots and queries stay as they are', () => {
  expect(pathOf(`${SECRETS}/a..b`, 'x=/../y')).toBe(`${SECRETS}/a..b?x=/../y`);
  expect(pathOf(`${SECRETS}/...`)).toBe(`${SECRETS}/...`);
});
