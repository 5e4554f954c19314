// Static pods: from a directory of the node instead of the API, which only mirrors them (kubelet config/common.go, pod/mirror_client.go).
import { createHash } from 'node:crypto';
import type { ObjectMeta, Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';

const HASH = 'kubernetes.io/config.hash';
const MIRROR = 'kubernetes.io/config.mirror';
const SEEN = 'kubernetes.io/config.seen';
const SOURCE = 'kubernetes.io/config.source';

/** The input of a static pod besides its file. */
interface StaticContext {
  nodeName: string;
  nodeUid: string;
  now: Date;
}

/** Whether the object mirrors a static pod. */
export const isStatic = ({ annotations }: ObjectMeta): boolean =>
  annotations?.[SOURCE] === 'file' && annotations[MIRROR] !== undefined;

/** The hash of its file when the pod was created. */
export const staticHash = ({ annotations }: ObjectMeta): string | undefined => annotations?.[HASH];

/** The pod of a manifest: with its node's name in its own, bound to that node, and without a service account token. */
export function staticPod(manifest: Pod, { nodeName, nodeUid, now }: StaticContext): Pod {
  const { name = '', namespace = 'default', labels, annotations } = manifest.metadata;
  const hash = createHash('sha256').update(JSON.stringify(manifest)).digest('hex').slice(0, 32);
  return {
    ...manifest,
    metadata: {
      name: `${name}-${nodeName.toLowerCase()}`,
      namespace,
      ...present({ labels }),
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
