// ephemeral-volume-controller: the claims of generic ephemeral volumes, which live as long as their pod.
import type { KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { claimName } from '../../pod/volumes/volumes.ts';
import { present } from '../../present.ts';
import { controllerReference } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';

const CLAIMS = 'persistentvolumeclaims';

function reconcile(object: KubeObject, world: World): Outcome {
  const pod = toPod(object);
  if (object.metadata.deletionTimestamp !== undefined || pod.spec.nodeName) return { writes: [] };
  const { namespace } = object.metadata;
  const owner = { apiVersion: 'v1', kind: 'Pod', object };
  const writes = (pod.spec.volumes ?? []).flatMap((volume): Write[] => {
    const template = volume.ephemeral?.volumeClaimTemplate;
    const name = claimName(pod, volume);
    if (template === undefined || name === undefined) return [];
    if (world.list(CLAIMS).some(({ metadata }) => metadata.name === name)) return [];
    const { labels, annotations } = template.metadata ?? {};
    const metadata = {
      name,
      ...present({ namespace, labels, annotations }),
      ownerReferences: [controllerReference(owner)],
    };
    return [
      {
        verb: 'create',
        resource: CLAIMS,
        object: { metadata, spec: template.spec },
        refused: {
          type: 'Warning',
          reason: 'FailedCreate',
          message: `ephemeral volume ${volume.name}: create PVC ${name}: %error`,
        },
      },
    ];
  });
  return { writes };
}

export const ephemeralVolumes: Controller = {
  name: 'ephemeral-volume-controller',
  eventSource: 'ephemeral_volume',
  resource: 'pods',
  reads: [CLAIMS],
  applies: (pod) =>
    (toPod(pod).spec.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined),
  reconcile,
};
