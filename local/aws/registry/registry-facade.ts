// The engine's images as a read-only registry (v2 API), so that a registry client learns ENTRYPOINT, CMD, USER … in local mode too.
// `GET /v2/<registry>/<repository>/manifests/<reference>?policy=…`. Its manifests are made here, so no registry
// knows their digests; from then on the engine accepts them as names of its images.
import { createHash } from 'node:crypto';
import type {
  ImageConfig,
  ImageOutcome,
  PullPolicy,
  RegistryCredential,
} from '../../../src/ports/images.ts';
import type { ImageResolver } from '../../agent/images/resolve-image.ts';

export interface RegistryRequest {
  method: string;
  /** Path with query. */
  url: string;
  authorization?: string;
}

export interface RegistryAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar';
const KEPT_CONFIGS = 1000;
const STATUS: Record<Extract<ImageOutcome, { failure: string }>['failure'], [number, string]> = {
  ErrImagePull: [404, 'MANIFEST_UNKNOWN'],
  ErrImageNeverPull: [404, 'MANIFEST_UNKNOWN'],
  InvalidImageName: [400, 'NAME_INVALID'],
  RegistryUnavailable: [503, 'UNAVAILABLE'],
};

/** The façade; a config blob is known from the moment its manifest was answered. */
export function registryFacade(
  images: ImageResolver,
): (request: RegistryRequest) => Promise<RegistryAnswer> {
  const configs = new Map<string, string>();
  return async ({ method, url, authorization }) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (method !== 'GET' && method !== 'HEAD')
      return failed(405, 'UNSUPPORTED', 'the registry is read-only');
    if (pathname === '/v2/' || pathname === '/v2')
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
    const blob = /^\/v2\/.+\/blobs\/(sha256:[0-9a-f]{64})$/.exec(pathname)?.[1];
    const kept = blob === undefined ? undefined : configs.get(blob);
    if (kept !== undefined)
      return {
        status: 200,
        headers: { 'content-type': CONFIG_TYPE, 'docker-content-digest': blob ?? '' },
        body: kept,
      };
    const [, name, reference] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(pathname) ?? [];
    if (name === undefined || reference === undefined)
      return failed(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const image = reference.startsWith('sha256:') ? `${name}@${reference}` : `${name}:${reference}`;
    const outcome = await images.resolve(
      image,
      toPolicy(searchParams.get('policy')),
      credentials(name, authorization),
    );
    if ('failure' in outcome) return toFailure(outcome);
    const answer = manifest(outcome.config, configs);
    images.alias(answer.headers['docker-content-digest'], outcome.config.digest);
    return answer;
  };
}

function manifest(
  config: ImageConfig,
  configs: Map<string, string>,
): RegistryAnswer & { headers: { 'docker-content-digest': string } } {
  const blob = JSON.stringify({
    architecture: config.architecture,
    os: 'linux',
    config: {
      Entrypoint: config.entrypoint,
      Cmd: config.cmd,
      Env: config.env,
      User: config.user,
      WorkingDir: config.workingDir,
      StopSignal: config.stopSignal,
    },
  });
  const digest = sha256(blob);
  configs.set(digest, blob);
  const oldest = configs.keys().next().value;
  if (configs.size > KEPT_CONFIGS && oldest !== undefined) configs.delete(oldest);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest, size: Buffer.byteLength(blob) },
    // The image's own digest: two images may have equal configs.
    layers: [{ mediaType: LAYER_TYPE, digest: config.digest, size: config.sizeBytes ?? 0 }],
  });
  return {
    status: 200,
    headers: { 'content-type': MANIFEST_TYPE, 'docker-content-digest': sha256(body) },
    body,
  };
}

const sha256 = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

function toFailure({
  failure,
  message,
}: Extract<ImageOutcome, { failure: string }>): RegistryAnswer {
  if (
    failure === 'ErrImagePull' &&
    /unauthorized|denied|no basic auth|authentication required/i.test(message)
  )
    return failed(401, 'UNAUTHORIZED', message);
  const [status, code] = STATUS[failure];
  return failed(status, code, message);
}

function failed(status: number, code: string, message: string): RegistryAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

function toPolicy(given: string | null): PullPolicy {
  return given === 'Always' || given === 'Never' ? given : 'IfNotPresent';
}

function credentials(name: string, authorization: string | undefined): RegistryCredential[] {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return [
    {
      registry: name.slice(0, name.indexOf('/')),
      username: pair.slice(0, colon),
      password: pair.slice(colon + 1),
    },
  ];
}
