// The pod that a workload makes of its template (pkg/controller/controller_utils.go).
import type { KubeObject, ObjectMeta, PodSpec } from '../kinds/pod.ts';
import { present } from '../present.ts';
import type { Owner } from './claim.ts';
import { controllerReference } from './claim.ts';

interface Template {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

/** A pod of the template, controlled by `owner`; its name is generated from the owner's. Workloads with names of their own replace it. */
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
