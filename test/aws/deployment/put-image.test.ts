// The custom resource that fills the repository: assets from S3 into a registry, and a response to CloudFormation in any case.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { customResource, type ResourceEvent } from '../../../src/aws/deployment/custom-resource.ts';
import {
  putImage,
  type ImageClients,
  type ImageProperties,
} from '../../../src/aws/deployment/put-image.ts';
import { present } from '../../../src/present.ts';
import { ScriptedRegistry } from '../../fakes/scripted-registry.ts';

const digestOf = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;
const REPOSITORY = '000000000000.dkr.ecr.us-east-1.amazonaws.com/droppod-podlet';

const objects: Record<string, string> = { l: 'layer', c: 'config', m: '{"m":1}', i: '{"i":1}' };
const at = (Key: string) => ({ Digest: digestOf(objects[Key]!), Bucket: 'assets', Key });
const properties: ImageProperties = {
  RepositoryUri: REPOSITORY,
  Tag: 'v1',
  Blobs: [at('l'), at('c')],
  Manifests: [
    { ...at('m'), MediaType: 'manifest' },
    { ...at('i'), MediaType: 'index' },
  ],
};

/** S3 and ECR, as far as the function calls them. */
function clients(change: { token?: string; missing?: string } = {}): ImageClients {
  const { token = Buffer.from('AWS:pass:word').toString('base64'), missing } = change;
  const s3 = ({ input: { Bucket, Key } }: { input: { Bucket: string; Key: string } }) =>
    Key === missing || Bucket !== 'assets'
      ? Promise.reject(new Error('The specified key does not exist.'))
      : Promise.resolve({
          Body: { transformToByteArray: () => Promise.resolve(Buffer.from(objects[Key]!)) },
        });
  const ecr = () => Promise.resolve({ authorizationData: [{ authorizationToken: token }] });
  return { s3: { send: s3 }, ecr: { send: ecr } } as unknown as ImageClients;
}

const clock = { sleep: () => Promise.resolve() };
const event = (RequestType: ResourceEvent['RequestType']): ResourceEvent => ({
  RequestType,
  ResponseURL: 'https://cloudformation.example/answer',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Image',
  ...present({ PhysicalResourceId: RequestType === 'Create' ? undefined : REPOSITORY }),
  ResourceProperties: properties,
});

/** Runs the handler; returns its response to CloudFormation. */
async function answered(
  act: Parameters<typeof customResource>[0],
  given = event('Create'),
  statuses: number[] = [],
): Promise<{ body: Record<string, unknown>; tries: number; contentType: string | null }> {
  let tries = 0;
  let sent: RequestInit = {};
  const fetch = (_url: string | URL | Request, init: RequestInit = {}) => {
    sent = init;
    return Promise.resolve(new Response('', { status: statuses[tries++] ?? 200 }));
  };
  await customResource(act, { fetch, clock })(given);
  return {
    body: JSON.parse(String(sent.body)) as Record<string, unknown>,
    tries,
    contentType: new Headers(sent.headers).get('content-type'),
  };
}

describe('putImage', () => {
  it('pushes what lies in S3 with ECR’s password and answers the image’s address by digest', async () => {
    const registry = new ScriptedRegistry();
    const outcome = await putImage(clients(), { fetch: registry.fetch, clock }, properties);
    expect(outcome).toEqual({
      id: REPOSITORY,
      attributes: { Uri: `${REPOSITORY}@${digestOf('{"i":1}')}` },
    });
    expect([...registry.blobs.values()].map(String)).toEqual(['layer', 'config']);
    expect([...registry.manifests.keys()]).toContain('v1');
    const [first] = registry.requests;
    expect(first?.headers.get('authorization')).toBe(
      `Basic ${Buffer.from('AWS:pass:word').toString('base64')}`,
    );
  });

  it.each([
    ['an asset that is gone', { missing: 'l' }, 'The specified key does not exist.'],
    ['no password', { token: '' }, 'ECR gave no password'],
  ])('%s is an error', async (_, change, message) => {
    const { fetch } = new ScriptedRegistry();
    await expect(putImage(clients(change), { fetch, clock }, properties)).rejects.toThrow(message);
  });
});

describe('what CloudFormation is answered', () => {
  const done = () => Promise.resolve({ id: 'it', attributes: { Uri: 'u' } });

  it('a success names the resource and its attributes, without a content type that the URL was not signed for', async () => {
    const { body, contentType } = await answered(done);
    expect(body).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'it',
      Data: { Uri: 'u' },
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Image',
    });
    expect(contentType).toBe('');
  });

  it.each([
    ['Create', 'Image'],
    ['Update', REPOSITORY],
  ] as const)(
    'a failed %s keeps the id %s and says why, cut to what CloudFormation takes',
    async (kind, id) => {
      const fail = () => Promise.reject(new Error('x'.repeat(5_000)));
      const { body } = await answered(fail, event(kind));
      expect(body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: id });
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(4096);
    },
  );

  it('a deletion does nothing: the repository goes with its images', async () => {
    const fail = () => Promise.reject(new Error('was called'));
    expect((await answered(fail, event('Delete'))).body).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: REPOSITORY,
    });
  });

  it('an answer that is not taken is given again, five times at most', async () => {
    expect((await answered(done, event('Create'), [500, 503])).tries).toBe(3);
    await expect(answered(done, event('Create'), [500, 500, 500, 500, 500])).rejects.toThrow(
      'did not take the answer: 500',
    );
  });
});
