// Docker Hub, ECR Public and ECR as a client meets them: their challenges and tokens, what they count, and the storage that blobs are
// redirected to, which refuses whoever brings a password along.
import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Host, HostRequest, RegistryWorld } from './registry-world.ts';

export const sha = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** What a registry holds: `<repository>:<tag>` and `<repository>@<digest>` of manifests, and blobs. */
export class RegistryContent {
  readonly manifests = new Map<string, { text: string; type: string }>();
  readonly blobs = new Map<string, string>();

  /** Puts an image for amd64 and arm64 under a tag, which `cmd` distinguishes; returns the digest of the index. */
  put(repository: string, tag: string, cmd: string): string {
    const platforms = ['arm64', 'amd64'].map((architecture) => {
      const config = JSON.stringify({ architecture, os: 'linux', config: { Cmd: [cmd] } });
      this.blobs.set(sha(config), config);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        config: { digest: sha(config) },
        layers: [{ size: 7 }],
      });
      this.manifests.set(`${repository}@${sha(manifest)}`, { text: manifest, type: MANIFEST });
      return { digest: sha(manifest), platform: { os: 'linux', architecture } };
    });
    const text = JSON.stringify({ schemaVersion: 2, manifests: platforms });
    for (const name of [`${repository}:${tag}`, `${repository}@${sha(text)}`])
      this.manifests.set(name, { text, type: INDEX });
    return sha(text);
  }
}

const refuse = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ errors: [{ code, message }] }));
};

interface Registry {
  content: RegistryContent;
  /** Where blobs are. */
  storage: string;
  /** Responds itself where the request may not pass. */
  admits(request: HostRequest, response: ServerResponse, repository: string): boolean;
  /** Before a manifest is handed out by GET. */
  counts?(response: ServerResponse): boolean;
}

/** The distribution API over content; storage takes signed addresses alone. */
function distribution(world: RegistryWorld, registry: Registry): Host {
  world.host(registry.storage, ({ authorization, url }, response) => {
    if (authorization !== undefined)
      return void response.writeHead(400).end('<Code>InvalidArgument</Code>');
    const blob = registry.content.blobs.get(url.searchParams.get('blob') ?? '');
    if (blob === undefined || !url.searchParams.has('X-Amz-Signature'))
      return void response.writeHead(403).end('<Code>AccessDenied</Code>');
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(blob);
  });
  return (request, response) => {
    const [, repository = '', kind, name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.path) ?? [];
    if (!registry.admits(request, response, repository)) return;
    if (kind === 'blobs') {
      const location = `https://${registry.storage}/data?blob=${name}&X-Amz-Signature=1`;
      return void response.writeHead(307, { location }).end();
    }
    const by = name.startsWith('sha256:') ? '@' : ':';
    const found = registry.content.manifests.get(`${repository}${by}${name}`);
    if (found === undefined)
      return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown to registry');
    if (request.method === 'GET' && registry.counts?.(response) === false) return;
    response.writeHead(200, {
      'content-type': found.type,
      'docker-content-digest': sha(found.text),
      'content-length': Buffer.byteLength(found.text),
    });
    response.end(request.method === 'HEAD' ? undefined : found.text);
  };
}

interface Users {
  [name: string]: string;
}

const userOf = (authorization: string | undefined): [string, string] => {
  const pair = Buffer.from(authorization?.split(' ')[1] ?? '', 'base64').toString();
  return [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)];
};

/** Docker Hub. Repositories under `private/` are for its users; each GET of a manifest counts against `pulls`, no HEAD does. */
export function dockerHub(
  world: RegistryWorld,
  { users = {}, pulls = 100 }: { users?: Users; pulls?: number } = {},
): RegistryContent {
  const content = new RegistryContent();
  const tokens = new Map<string, { scope: string; user: boolean }>();
  let left = pulls;
  world.host('auth.docker.io', ({ authorization, url }, response) => {
    const [name, password] = userOf(authorization);
    const user = authorization !== undefined && users[name] === password;
    if (authorization !== undefined && !user)
      return void response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"details":"incorrect username or password"}');
    if (url.searchParams.get('service') !== 'registry.docker.io')
      return void response.writeHead(400).end();
    const token = randomUUID();
    tokens.set(token, { scope: url.searchParams.get('scope') ?? '', user });
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token, access_token: token, expires_in: 300 }));
  });
  const registry = distribution(world, {
    content,
    storage: 'production.cloudflare.docker.com',
    admits({ authorization }, response, repository) {
      const scope = `repository:${repository}:pull`;
      const token = tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
      if (token?.scope === scope && (token.user || !repository.startsWith('private/'))) return true;
      const challenge = `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="${scope}"`;
      const headers = {
        'www-authenticate': token ? `${challenge},error="insufficient_scope"` : challenge,
      };
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', headers);
      return false;
    },
    counts(response) {
      if (left-- > 0) return true;
      refuse(
        response,
        429,
        'TOOMANYREQUESTS',
        'You have reached your unauthenticated pull rate limit.',
      );
      return false;
    },
  });
  world.host('registry-1.docker.io', registry);
  return content;
}

/** ECR Public: everybody reads, by a token of the same host for the scope `aws`. */
export function ecrPublic(world: RegistryWorld): RegistryContent {
  const content = new RegistryContent();
  const tokens = new Set<string>();
  const registry = distribution(world, {
    content,
    storage: 'd2glxqk2uabbnd.cloudfront.net',
    admits({ authorization }, response) {
      if (tokens.has(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')) return true;
      refuse(response, 401, 'DENIED', 'Not Authorized', {
        'www-authenticate':
          'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"',
      });
      return false;
    },
  });
  world.host('public.ecr.aws', (request, response) => {
    if (request.path !== '/token/') return registry(request, response);
    const { searchParams } = request.url;
    if (searchParams.get('service') !== 'public.ecr.aws' || searchParams.get('scope') !== 'aws')
      return void response.writeHead(400).end();
    const token = randomUUID();
    tokens.add(token);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
  });
  return content;
}

/** ECR: one password for the user AWS, sent as it is; repositories under `closed/` are another's. */
export function ecr(world: RegistryWorld, host: string, password: string): RegistryContent {
  const content = new RegistryContent();
  const registry = distribution(world, {
    content,
    storage: 'prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com',
    admits({ authorization }, response, repository) {
      const [name, given] = userOf(authorization);
      if (!/^Basic /.test(authorization ?? '') || name !== 'AWS' || given !== password) {
        response
          .writeHead(401, {
            'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"`,
          })
          .end('Not Authorized\n');
        return false;
      }
      if (!repository.startsWith('closed/')) return true;
      refuse(response, 403, 'DENIED', 'User is not authorized to perform: ecr:BatchGetImage');
      return false;
    },
  });
  world.host(host, registry);
  return content;
}
