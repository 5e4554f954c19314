// The API's single address in front of two functions: a function URL cannot route by query, and clients drop their token at a redirect.
// CloudFront costs only by request, and caches nothing here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn, Stack } from 'aws-cdk-lib';
import {
  CachePolicy,
  CfnDistribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionRuntime,
  OriginRequestPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';

/** CloudFront's default quota allows more, but an account's may be lower: src/aws/lambda/keep-alive.ts sends sooner. */
const SILENCE_SECONDS = 60;

/** Errors that CloudFront would cache for ten seconds, for all clients, even where it caches nothing else. */
const ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

export class Distribution extends Construct {
  /** Without a trailing slash. */
  readonly url: string;
  constructor(
    scope: Construct,
    id: string,
    { apiUrl, watchUrl }: { apiUrl: string; watchUrl: string },
  ) {
    super(scope, id);
    const chooseOrigin = new EdgeFunction(this, 'ChooseOrigin', {
      code: FunctionCode.fromInline(
        readFileSync(join(import.meta.dirname, '../edge/choose-origin.js'), 'utf8'),
      ),
      runtime: FunctionRuntime.JS_2_0,
    });
    const distribution = new CfnDistribution(this, 'Distribution', {
      distributionConfig: {
        enabled: true,
        comment: `The API of ${Stack.of(this).stackName}`,
        httpVersion: 'http2',
        ipv6Enabled: true,
        // No behavior names the second one: the CloudFront function does.
        origins: [origin('api', apiUrl), origin('watch', watchUrl)],
        defaultCacheBehavior: {
          targetOriginId: 'api',
          viewerProtocolPolicy: 'https-only',
          allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
          compress: false,
          cachePolicyId: CachePolicy.CACHING_DISABLED.cachePolicyId,
          // A function URL only accepts its own host name; the credential is passed on.
          originRequestPolicyId:
            OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.originRequestPolicyId,
          functionAssociations: [
            { eventType: 'viewer-request', functionArn: chooseOrigin.functionArn },
          ],
        },
        customErrorResponses: ERRORS.map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })),
      },
    });
    this.url = `https://${distribution.attrDomainName}`;
  }
}

const origin = (id: string, url: string): CfnDistribution.OriginProperty => ({
  id,
  domainName: Fn.select(2, Fn.split('/', url)),
  customOriginConfig: {
    originProtocolPolicy: 'https-only',
    originSslProtocols: ['TLSv1.2'],
    originReadTimeout: SILENCE_SECONDS,
    originKeepaliveTimeout: SILENCE_SECONDS,
  },
});
