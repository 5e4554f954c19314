// The API's single address: which requests go to the function for streams, that nothing is cached, and the stack without it.
import { readFileSync } from 'node:fs';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { testStack } from './stack.ts';

const NO_BUNDLES = { context: { 'aws:cdk:bundling-stacks': [] } };

interface EdgeRequest {
  method: string;
  uri: string;
  querystring: Record<string, { value: string }>;
}

/** The origin that the edge's function picks; undefined: the behavior's own. */
function originOf(method: string, url: string): string | undefined {
  const source = readFileSync(new URL('../../cdk/edge/choose-origin.js', import.meta.url), 'utf8');
  let chosen: string | undefined;
  const cf = { selectRequestOriginById: (id: string) => void (chosen = id) };
  const body = source.replace(/^import cf from 'cloudfront';$/m, '');
  const make = new Function('cf', `${body}; return handler;`) as (
    module: typeof cf,
  ) => (event: { request: EdgeRequest }) => EdgeRequest;
  const { pathname, searchParams } = new URL(url, 'https://api');
  const querystring = Object.fromEntries(
    [...searchParams].map(([name, value]) => [name, { value }]),
  );
  const request = { method, uri: pathname, querystring };
  expect(make(cf)({ request })).toBe(request);
  return chosen;
}

const PODS = '/api/v1/namespaces/default/pods';

it.each<[string, string, 'watch' | undefined]>([
  ['GET', `${PODS}?watch=true`, 'watch'],
  ['GET', `${PODS}?limit=1&watch=1&timeoutSeconds=30`, 'watch'],
  ['GET', `${PODS}?watch`, 'watch'],
  ['GET', `${PODS}/a/log?follow=true&container=c`, 'watch'],
  ['GET', '/api/v1/watch/pods', 'watch'],
  ['GET', '/apis/apps/v1/watch/namespaces/default/deployments', 'watch'],
  ['GET', PODS, undefined],
  ['GET', `${PODS}?watch=false`, undefined],
  ['GET', `${PODS}?watch=0`, undefined],
  ['GET', `${PODS}/a/log`, undefined],
  ['GET', `${PODS}/watch`, undefined],
  ['POST', `${PODS}?watch=true`, undefined],
])('%s %s: %s', (method, url, expected) => expect(originOf(method, url)).toBe(expected));

describe('the distribution', () => {
  const template = Template.fromStack(testStack(NO_BUNDLES));
  const config = (expected: object): object => ({
    DistributionConfig: Match.objectLike(expected),
  });

  it('leads to both functions over TLS, hands on everything but the host, and keeps neither answers nor errors', () => {
    const origin = (id: string): object =>
      Match.objectLike({
        Id: id,
        CustomOriginConfig: Match.objectLike({ OriginProtocolPolicy: 'https-only' }),
      });
    template.hasResourceProperties(
      'AWS::CloudFront::Distribution',
      config({
        Origins: [origin('api'), origin('watch')],
        DefaultCacheBehavior: Match.objectLike({
          TargetOriginId: 'api',
          ViewerProtocolPolicy: 'https-only',
          // CachingDisabled and AllViewerExceptHostHeader, as AWS lists them.
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        }),
        CustomErrorResponses: Match.arrayWith([{ ErrorCode: 404, ErrorCachingMinTTL: 0 }]),
      }),
    );
  });

  it('without it there is no function of streams, and the server is the API’s own URL', () => {
    const without = Template.fromStack(testStack(NO_BUNDLES, { distribution: false }));
    without.resourceCountIs('AWS::CloudFront::Distribution', 0);
    without.resourceCountIs('AWS::CloudFront::Function', 0);
    without.resourceCountIs('AWS::Lambda::Url', 2);
    const { ApiUrl } = without.findOutputs('ApiUrl');
    expect(JSON.stringify(ApiUrl)).toContain('FunctionUrl');
  });

  it('a share of the account’s functions is set aside for streams where the deployment says so', () => {
    const shares = (all: Template): unknown[] =>
      Object.values(all.findResources('AWS::Lambda::Function')).flatMap(
        ({ Properties }: { Properties?: Record<string, unknown> }) =>
          Properties?.['ReservedConcurrentExecutions'] ?? [],
      );
    expect(shares(template)).toEqual([]);
    expect(shares(Template.fromStack(testStack(NO_BUNDLES, { watches: 250 })))).toEqual([250]);
  });
});
