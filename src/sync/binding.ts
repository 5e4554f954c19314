// What Bind makes of a record: the node first, the images once they are known.
import type { Pod } from '../kinds/pod.ts';
import type { ImageConfig, Settings } from '../ports.ts';
import type { PodRecord } from './record.ts';

/** The record without the wish to start an execution: one of its generation has spoken. */
export const withoutStart = ({ toStart: _heard, ...record }: PodRecord): PodRecord => record;

/** Pod and record once the pod has its node; times that are known stay. */
export function placed(pod: Pod, record: PodRecord, { nodeName, nodeAddress }: Pick<Settings, 'nodeName' | 'nodeAddress'>, now: Date): { pod: Pod; record: PodRecord } {
  const at = now.toISOString();
  const node = pod.spec.nodeName ?? nodeName;
  const address = nodeAddress === undefined ? {} : { hostIP: nodeAddress };
  const { unscheduled: _past, ...observed } = record.observed;
  return {
    pod: { ...pod, spec: { ...pod.spec, nodeName: node } },
    record: {
      ...withoutStart(record),
      generationAt: record.generationAt ?? at,
      attempt: Math.max(record.attempt, 1),
      observed: { ...observed, ...address, nodeName: node, scheduledAt: observed.scheduledAt ?? at, acceptedAt: observed.acceptedAt ?? at },
    },
  };
}

/** The record once all images are known and the task definition is registered. */
export function withImages(record: PodRecord, images: { [container: string]: ImageConfig }, taskDefinitionArn: string, logNonce: string): PodRecord {
  const { pulls: _past, ...rest } = record;
  const containers = { ...record.observed.containers };
  for (const [container, { name, imageId, user }] of Object.entries(images)) {
    const { waiting: _over, ...known } = containers[container] ?? { desiredRun: 0 };
    containers[container] = { ...known, image: { name, imageId, user } };
  }
  return { ...rest, images, taskDefinitionArn, logNonce: record.logNonce || logNonce, observed: { ...record.observed, containers } };
}
