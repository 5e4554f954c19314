// Brings the running static pods in line with the files of their directory; called repeatedly by the loop that reads the files.
import { ApiError } from '../../errors.ts';
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { isStatic, staticHash, staticPod } from '../../pod/static/static-pod.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';

type StaticPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>;

/** The user in kube-system that writes static pods: only it may delete them. */
export const STATIC_PODS = 'static-pods';

/**
 * Creates the pods of the manifests that are missing, and deletes those whose file is gone or changed, or whose pod has failed.
 * Returns whether another call would change nothing: a pod that comes back after its deletion needs one, and one whose namespace is to come.
 */
export async function keepStaticPods(
  ports: StaticPorts,
  objects: Objects,
  manifests: readonly Pod[],
  say: (line: string) => void,
): Promise<boolean> {
  const { nodeName } = ports.settings;
  const node = await ports.store.get({ resource: 'nodes', namespace: '', name: nodeName });
  if (node === undefined) return false;
  const context = { nodeName, nodeUid: node.metadata.uid ?? '', now: ports.clock.now() };
  const wanted = new Map(
    manifests.map((manifest) => {
      const pod = staticPod(manifest, context);
      return [keyOf(pod as unknown as KubeObject), pod];
    }),
  );
  const { objects: stored } = await ports.store.listObjects({ resource: 'pods' });
  const there = new Set<string>();
  let settled = true;
  for (const pod of stored.filter(({ metadata }) => isStatic(metadata))) {
    there.add(keyOf(pod));
    const file = wanted.get(keyOf(pod));
    const same = file !== undefined && staticHash(file.metadata) === staticHash(pod.metadata);
    const failed = toPod(pod).status.phase === 'Failed';
    if (same && !failed && pod.metadata.deletionTimestamp === undefined) continue;
    settled = false;
    if (pod.metadata.deletionTimestamp === undefined)
      await objects.remove('pods', pod, { records: [] });
  }
  for (const [key, pod] of wanted)
    if (!there.has(key) && !(await create(ports, objects, pod, say))) settled = false;
  return settled;
}

/** Refusals that only another manifest can change. */
const LASTING = ['Invalid', 'BadRequest'];

/** Creates the pod; false if that may succeed later: once its namespace is there, or the quota has room. */
async function create(
  { ids }: StaticPorts,
  objects: Objects,
  pod: Pod,
  say: (line: string) => void,
): Promise<boolean> {
  try {
    await objects.create('pods', pod as unknown as KubeObject, { uid: ids.uuid(), records: [] });
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Another run of the same call came first.
    if (error.reason === 'AlreadyExists') return true;
    say(`static pod ${pod.metadata.name ?? ''}: ${error.message}`);
    return LASTING.includes(error.reason);
  }
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;
