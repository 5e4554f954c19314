// Where the runtime offers no streaming, a watch ends by itself before its answer is cut off; no other request is touched.
import { describe, expect, it } from 'vitest';
import { httpHandler } from '../../../src/aws/lambda/http-handler.ts';

/** What the API is asked for, through the handler. */
async function asked(path: string, query: string): Promise<string> {
  const handler = httpHandler((request) => {
    const { pathname, search } = new URL(request.url);
    return Promise.resolve(new Response(`${pathname}${search}`));
  }) as (event: object, context: object) => Promise<{ body: string }>;
  const event = {
    rawPath: path,
    rawQueryString: query,
    headers: {},
    requestContext: { domainName: 'api.example', http: { method: 'GET' } },
  };
  return (await handler(event, { getRemainingTimeInMillis: () => 60_000 })).body;
}

describe('a response in one piece', () => {
  it.each([
    ['/api/v1/pods', 'watch=true', '?watch=true&timeoutSeconds=5'],
    ['/api/v1/pods', 'watch=1&timeoutSeconds=600', '?watch=1&timeoutSeconds=5'],
    ['/api/v1/pods', 'watch=true&timeoutSeconds=0', '?watch=true&timeoutSeconds=5'],
    ['/api/v1/watch/pods', '', '?timeoutSeconds=5'],
    ['/api/v1/pods', 'watch=true&timeoutSeconds=3', '?watch=true&timeoutSeconds=3'],
    ['/api/v1/pods', 'watch=true&timeoutSeconds=x', '?watch=true&timeoutSeconds=x'],
    ['/api/v1/pods', 'limit=500', '?limit=500'],
    ['/api/v1/namespaces/default/pods/watch/log', 'follow=true', '?follow=true'],
  ])('%s?%s', async (path, query, expected) =>
    expect(await asked(path, query)).toBe(`${path}${expected}`),
  );
});
