// The deployed function that fills the repository: its own handler with the real SDK, assets over S3's protocol, a real registry, and
// its response to CloudFormation.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContentProperties, ImageProperties } from '../../../src/aws/deployment/put-image.ts';
import { smallLayout } from '../../cdk/stack.ts';
import { registryProblem, startRegistry, type TestRegistry } from '../../e2e/registry.ts';

const problem = registryProblem();
if (problem !== undefined)
  process.stderr.write(`test/aws/deployment/put-image-whole.test.ts is skipped: ${problem}\n`);

const layout = smallLayout(['amd64', 'arm64']);
const blob = (digest: string): Buffer => readFileSync(join(layout, 'blobs', ...digest.split(':')));

interface Listed {
  digest: string;
  mediaType: string;
}

/** Properties as in cdk/constructs/podlet-image.ts. */
function properties(repositoryUri: string): ImageProperties {
  const content = ({ digest }: Listed): ContentProperties => ({
    Digest: digest,
    Bucket: 'assets',
    Key: digest.slice(7),
  });
  const { manifests: tops } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: Listed[];
  };
  const index = tops[0]!;
  const { manifests } = JSON.parse(String(blob(index.digest))) as { manifests: Listed[] };
  const blobs = manifests.flatMap(({ digest }) => {
    const { layers, config } = JSON.parse(String(blob(digest))) as {
      layers: Listed[];
      config: Listed;
    };
    return [...layers, config];
  });
  return {
    RepositoryUri: repositoryUri,
    Tag: 'v1',
    Blobs: blobs.map(content),
    Manifests: [...manifests, index].map((one) => ({ ...content(one), MediaType: one.mediaType })),
  };
}

describe.skipIf(problem !== undefined)('put-image', () => {
  let registry: TestRegistry;
  let aws: Server;
  let endpoint = '';
  const answers: Record<string, unknown>[] = [];
  const before = { ...process.env };

  beforeAll(async () => {
    registry = await startRegistry();
    const { username, password } = registry;
    const authorizationToken = Buffer.from(`${username}:${password}`).toString('base64');
    // S3 in path style, ECR's JSON, and the URL where CloudFormation expects the response.
    aws = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://aws');
      if (url.pathname === '/answer')
        void text(request).then((body) => {
          answers.push(JSON.parse(body) as Record<string, unknown>);
          response.end();
        });
      else if (request.headers['x-amz-target'])
        response
          .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify({ authorizationData: [{ authorizationToken }] }));
      else if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256'))
        response.writeHead(200).end(blob(`sha256:${url.pathname.split('/').at(-1)}`));
      else response.writeHead(403).end();
    });
    await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
  }, 280_000);
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    aws.close();
    await registry.remove();
  }, 60_000);

  const invoked = async (repository: string): Promise<Record<string, unknown> | undefined> => {
    const { handler } = await import('../../../functions/put-image.ts');
    await handler({
      RequestType: 'Create',
      ResponseURL: `${endpoint}/answer`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Image',
      ResourceProperties: properties(`${registry.host}/${repository}`),
    });
    return answers.at(-1);
  };

  it('fills a real registry and answers the image’s address, twice alike', async () => {
    const [first, second] = [await invoked('droppod'), await invoked('droppod')];
    const { Manifests } = properties('');
    const digest = Manifests.at(-1)?.Digest ?? '';
    expect(first).toMatchObject({
      Status: 'SUCCESS',
      Data: { Uri: `${registry.host}/droppod@${digest}` },
    });
    expect(second).toEqual(first);
    const answer = await registry.ask('GET', 'droppod/manifests/v1', {
      accept: 'application/vnd.oci.image.index.v1+json',
    });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(blob(digest));
  });

  it('says the registry’s own words where it refuses', async () => {
    const answer = await invoked('Not A Name');
    expect(answer?.['Status']).toBe('FAILED');
    expect(String(answer?.['Reason'])).toMatch(/^(HEAD|POST) .*40[04]/);
  });
});
