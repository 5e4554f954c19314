// The pod that a workload creates from its template (pkg/controller/controller_utils.go).
import type { KubeObject, ObjectMeta, PodSpec } from '../kinds/pod.ts';
import { present } from '../present.ts';
import type { Owner } from './claim.ts';
import { controllerReference } from './claim.ts';

interface Template {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

/** A pod from the template, controlled by `owner`, with a name generated from the owner's; workloads that name their pods replace it. */
export const childPod = (owner: Owner, { metadata = {}, spec }: Template): KubeObject => ({
  metadata: {
    generateName: `${owner.object.metadata.name ?? ''}-`,
    ...present({ namespace: owner.object.metadata.namespace }),
    ...present({
      labels: metadata.labels,
      annotations: metadata.annotations,
      finalizers: metadata.finalizers,
    }),
    ownerReferences: [controllerReference(owner)],
  },
  spec,
});
