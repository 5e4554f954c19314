// A function URL's events as requests: a path keeps its meaning; what no request can represent is refused.
import { expect, it } from 'vitest';
import { toRequest } from '../../../src/aws/lambda/function-url.ts';

const pathOf = (rawPath: string, rawQueryString = ''): string => {
  const { signal } = new AbortController();
  const requestContext = { domainName: 'x.aws', http: { method: 'DELETE' } };
  const request = toRequest({ rawPath, rawQueryString, headers: {}, requestContext }, signal);
  const { pathname, search } = new URL(request.url);
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

it.each<[string, { method?: string; headers?: object; domainName?: string }, number]>([
  ['a method that no request can have', { method: 'TRACE' }, 405],
  ['a header whose bytes are no text of HTTP', { headers: { 'x-a': '→' } }, 400],
  ['a host that is none', { domainName: 'a b' }, 400],
])(
  '%s is refused, not thrown',
  (_name, { method = 'GET', headers = {}, domainName = 'x.aws' }, status) => {
    const requestContext = { domainName, http: { method } };
    const event = { rawPath: '/', rawQueryString: '', headers, requestContext };
    const refusal = toRequest(event, new AbortController().signal);
    expect(refusal).toBeInstanceOf(Response);
    expect((refusal as Response).status).toBe(status);
  },
);
