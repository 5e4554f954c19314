// Images of the engine: inspecting, pulling with a credential, importing a root file system.
import { createInterface } from 'node:readline';
import { DockerError, isMissing, type Docker } from './engine-api.ts';

/** What inspect reports, as far as it is read here. */
export interface ImageFacts {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Architecture: string;
  Variant?: string;
  Os: string;
  Size: number;
  Created: string;
  Config: {
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
    Env?: string[] | null;
    User?: string;
    WorkingDir?: string;
    StopSignal?: string;
    Labels?: Record<string, string> | null;
    Volumes?: Record<string, object> | null;
    ExposedPorts?: Record<string, object> | null;
  };
}

/** undefined: the engine does not have it. */
export async function inspectImage(docker: Docker, image: string): Promise<ImageFacts | undefined> {
  try {
    const facts: ImageFacts = JSON.parse(await docker.call('GET', `/images/${image}/json`));
    return facts;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface PullCredential {
  username: string;
  password: string;
  serverAddress: string;
}

/** Pulls `image` (with tag or digest) and returns its digest; a refusal by the registry is a DockerError with the engine's text. */
export async function pullImage(
  docker: Docker,
  image: string,
  credential?: PullCredential,
): Promise<string | undefined> {
  let digest: string | undefined;
  const answer = await docker.open('POST', '/images/create', {
    query: { fromImage: image },
    headers: credential ? { 'x-registry-auth': registryAuth(credential) } : {},
  });
  // Once the stream has begun, a failure is reported as one of its lines.
  for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
    if (!line.trim()) continue;
    const progress: { error?: string; status?: string } = JSON.parse(line);
    if (progress.error !== undefined) throw new DockerError(500, progress.error);
    digest ??= /^Digest: (sha256:[0-9a-f]{64})$/.exec(progress.status ?? '')?.[1];
  }
  return digest;
}

/** The engine silently ignores anything but padded base64url. */
function registryAuth({ username, password, serverAddress }: PullCredential): string {
  const json = JSON.stringify({ username, password, serveraddress: serverAddress });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** Makes `repository:tag` from a tar of a root file system; `changes` are Dockerfile lines. Returns the image's id. */
export async function importImage(
  docker: Docker,
  into: { repository: string; tag: string },
  tar: Buffer,
  changes: string[],
): Promise<string> {
  const query = new URLSearchParams([
    ['fromSrc', '-'],
    ['repo', into.repository],
    ['tag', into.tag],
    ...changes.map((change) => ['changes', change]),
  ]);
  const lines = (await docker.call('POST', `/images/create?${query.toString()}`, { tar }))
    .trim()
    .split('\n');
  for (const line of lines) {
    const progress: { error?: string; status?: string } = JSON.parse(line);
    if (progress.error !== undefined) throw new DockerError(500, progress.error);
    if (progress.status?.startsWith('sha256:')) return progress.status;
  }
  throw new DockerError(500, `import of ${into.repository}:${into.tag} gave no image`);
}

/** Removes a name from an image, and the image with its last name; a missing one is ignored. */
export async function removeImage(docker: Docker, image: string): Promise<void> {
  try {
    await docker.call('DELETE', `/images/${image}`);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
