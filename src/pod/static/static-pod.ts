// Static pods: those of a directory of the node instead of the API, which only mirrors them (kubelet config/common.go, pod/mirror_client.go).
import { createHash } from 'node:crypto';
import type { ObjectMeta, Pod } from '../../kinds/pod.ts';

const HASH = 'kubernetes.io/config.hash';
const MIRROR = 'kubernetes.io/config.mirror';
const SEEN = 'kubernetes.io/config.seen';
const SOURCE = 'kubernetes.io/config.source';

/** What a pod of a file is made of besides the file. */
interface StaticContext {
  nodeName: string;
  nodeUid: string;
  now: Date;
}

/** Whether it mirrors a pod of a file. */
export const isStatic = ({ annotations }: ObjectMeta): boolean =>
  annotations?.[SOURCE] === 'file' && annotations[MIRROR] !== undefined;

/** What its file held when the pod was made. */
export const staticHash = ({ annotations }: ObjectMeta): string | undefined => annotations?.[HASH];

/** The pod of a manifest: named after its node too, on that node, and without a token of a service account. */
export function staticPod(manifest: Pod, { nodeName, nodeUid, now }: StaticContext): Pod {
  const { name = '', namespace = 'default', labels, annotations } = manifest.metadata;
  const hash = createHash('sha256').update(JSON.stringify(manifest)).digest('hex').slice(0, 32);
  return {
    ...manifest,
    metadata: {
      name: `${name}-${nodeName.toLowerCase()}`,
      namespace,
      ...(labels && { labels }),
      annotations: {
        ...annotations,
        [HASH]: hash,
        [MIRROR]: hash,
        [SEEN]: now.toISOString(),
        [SOURCE]: 'file',
      },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeUid, controller: true },
      ],
    },
    spec: {
      ...manifest.spec,
      nodeName,
      automountServiceAccountToken: false,
      tolerations: [
        ...(manifest.spec.tolerations ?? []),
        { operator: 'Exists', effect: 'NoExecute' },
      ],
    },
    status: {},
  };
}
