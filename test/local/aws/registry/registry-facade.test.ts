// The registry façade: manifests, config blobs, and failures in the registry's form.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { registryFacade } from '../../../../local/aws/registry/registry-facade.ts';
import type { ImageResolver } from '../../../../local/agent/images/resolve-image.ts';
import type { ImageOutcome } from '../../../../src/ports/images.ts';

const ID = `sha256:${'1'.repeat(64)}`;
const config = {
  digest: ID,
  reference: `r/x@${ID}`,
  name: 'r/x:1',
  imageId: ID,
  architecture: 'amd64',
  entrypoint: ['/e'],
  cmd: ['c'],
  env: ['A=1'],
  user: '5',
  workingDir: '/w',
  stopSignal: 'SIGQUIT',
};

const sha256 = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

function facade(outcome: ImageOutcome) {
  const asked: unknown[] = [];
  const aliases = new Map<string, string>();
  const images: ImageResolver = {
    inspect: () => Promise.resolve(undefined),
    alias: (digest, imageId) => void aliases.set(digest, imageId),
    resolve: async (...given) => (asked.push(given), outcome),
  };
  return { get: registryFacade(images), asked, aliases };
}

describe('the façade', () => {
  it("leads from the manifest to the image's config, whose digest is true", async () => {
    const { get, asked, aliases } = facade({ config, pulled: false, milliseconds: 0 });
    expect(await get({ method: 'GET', url: '/v2/' })).toMatchObject({ status: 200 });
    const manifest = await get({
      method: 'GET',
      url: '/v2/localhost:5000/team/x/manifests/1?policy=Always',
      authorization: `Basic ${Buffer.from('u:p:q').toString('base64')}`,
    });
    expect(asked).toEqual([
      [
        'localhost:5000/team/x:1',
        'Always',
        [{ registry: 'localhost:5000', username: 'u', password: 'p:q' }],
      ],
    ]);
    // A client checks the manifest against its digest; the engine runs the image by it.
    const digest = sha256(manifest.body);
    expect(manifest.headers['docker-content-digest']).toBe(digest);
    expect([...aliases]).toEqual([[digest, ID]]);
    const parsed: { config: { digest: string; size: number } } = JSON.parse(manifest.body);
    const blob = await get({
      method: 'GET',
      url: `/v2/localhost:5000/team/x/blobs/${parsed.config.digest}`,
    });
    expect(sha256(blob.body)).toBe(parsed.config.digest);
    expect(JSON.parse(blob.body)).toEqual({
      architecture: 'amd64',
      os: 'linux',
      config: {
        Entrypoint: ['/e'],
        Cmd: ['c'],
        Env: ['A=1'],
        User: '5',
        WorkingDir: '/w',
        StopSignal: 'SIGQUIT',
      },
    });
  });

  it.each<[ImageOutcome, number, string]>([
    [{ failure: 'ErrImageNeverPull', message: 'never' }, 404, 'MANIFEST_UNKNOWN'],
    [{ failure: 'ErrImagePull', message: 'x: not found' }, 404, 'MANIFEST_UNKNOWN'],
    [{ failure: 'ErrImagePull', message: 'pull access denied' }, 401, 'UNAUTHORIZED'],
    [{ failure: 'InvalidImageName', message: 'bad' }, 400, 'NAME_INVALID'],
  ])('%j is %i %s', async (outcome, status, code) => {
    const answer = await facade(outcome).get({
      method: 'GET',
      url: '/v2/docker.io/library/x/manifests/1',
    });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({
      errors: [{ code, message: 'failure' in outcome ? outcome.message : '' }],
    });
  });

  it('is read-only and knows no other blobs', async () => {
    const { get } = facade({ config, pulled: false, milliseconds: 0 });
    expect(await get({ method: 'PUT', url: '/v2/x/manifests/1' })).toMatchObject({ status: 405 });
    expect(await get({ method: 'GET', url: `/v2/x/blobs/${ID}` })).toMatchObject({ status: 404 });
  });
});
