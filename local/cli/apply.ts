// Applies manifests through the API, for `up` and `run`, and follows their pods until they end.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { messageOf, type Client } from './client.ts';
import { follow } from './follow.ts';
import type { Say } from './install.ts';
import { Refusal } from './place.ts';

export interface AppliedPod {
  namespace: string;
  name: string;
  containers: string[];
}

export interface Manifest {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string };
  spec?: { initContainers?: { name: string }[]; containers?: { name: string }[] };
  items?: Manifest[];
}

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** The manifests of a file (`-`: standard input); throws a Refusal when there are none. */
export function readManifests(file: string): Manifest[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Refusal(`${file}: ${reasonOf(error)}`);
  }
  const found: Manifest[] = [];
  for (const document of parseAllDocuments(text)) {
    const problem = document.errors[0];
    if (problem)
      throw new Refusal(`${file}: ${problem.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`);
    const manifest = document.toJS() as Manifest | string | null;
    if (manifest === null) continue;
    if (typeof manifest !== 'object') throw new Refusal(`${file}: not a manifest`);
    found.push(...(manifest.kind === 'List' ? (manifest.items ?? []) : [manifest]));
  }
  if (found.length === 0) throw new Refusal(`${file}: no manifest in it`);
  return found;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a directory';
  return error instanceof Error ? error.message : String(error);
}

async function apply(
  client: Client,
  manifest: Manifest,
  file: string,
): Promise<AppliedPod | undefined> {
  const { apiVersion = '', kind = '', metadata = {} } = manifest;
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const known =
    apiVersion === '' ? { status: 404, body: undefined } : await client.request('GET', base);
  const resource =
    known.status === 200
      ? (known.body as ResourceList).resources.find(
          (entry) => entry.kind === kind && !entry.name.includes('/'),
        )
      : undefined;
  if (!resource || !metadata.name)
    throw new Refusal(
      `${file}: ${resource ? 'metadata.name is missing' : `kind ${kind || '(none)'} of ${apiVersion || '(no apiVersion)'} is not served`}`,
    );
  const namespace = metadata.namespace ?? 'default';
  const path = `${base}${resource.namespaced ? `/namespaces/${namespace}` : ''}/${resource.name}/${metadata.name}?fieldManager=droppod&force=true&fieldValidation=Strict`;
  const answer = await client.request('PATCH', path, manifest, {
    'content-type': 'application/apply-patch+yaml',
  });
  if (answer.status >= 300) throw new Refusal(`${file}: ${messageOf(answer)}`);
  if (resource.name !== 'pods') return undefined;
  return {
    namespace,
    name: metadata.name,
    containers: [
      ...(manifest.spec?.initContainers ?? []),
      ...(manifest.spec?.containers ?? []),
    ].map(({ name }) => name),
  };
}

/** Applies every manifest of a file and returns its pods. */
export async function applyManifests(
  client: Client,
  file: string,
  manifests: Manifest[],
  out: Say,
): Promise<AppliedPod[]> {
  const pods: AppliedPod[] = [];
  for (const manifest of manifests) {
    const pod = await apply(client, manifest, file);
    out(`${(manifest.kind ?? '').toLowerCase()}/${manifest.metadata?.name ?? ''} applied`);
    if (pod) pods.push(pod);
  }
  return pods;
}

/** Removes those pods of the manifests that ended earlier. */
export async function removeEnded(client: Client, manifests: Manifest[]): Promise<void> {
  for (const { kind, metadata = {} } of manifests) {
    if (kind !== 'Pod' || !metadata.name) continue;
    const path = `/api/v1/namespaces/${metadata.namespace ?? 'default'}/pods/${metadata.name}`;
    const answer = await client.request('GET', path);
    const { status } =
      answer.status === 200 ? (answer.body as { status?: { phase?: string } }) : {};
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed')
      await client.request('DELETE', path);
  }
}

/** Follows one pod until it ends, prints its containers' logs, and returns its last phase. */
export async function followPod(
  client: Client,
  pod: AppliedPod,
  out: Say,
  signal: AbortSignal,
): Promise<string> {
  const phase = await follow(client, pod, out, () => new Date(), signal);
  if (phase === 'Deleted' || phase === 'Stopped') return phase;
  for (const container of pod.containers) {
    const answer = await client.request(
      'GET',
      `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log?container=${container}&tailLines=100`,
    );
    if (answer.status === 200 && answer.body !== '')
      out(`log of ${container}:\n${String(answer.body).trimEnd().replaceAll(/^/gm, '  ')}`);
  }
  return phase;
}
