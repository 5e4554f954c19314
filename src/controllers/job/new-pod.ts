// The pod that a Job creates: its template with the tracking finalizer; for an index also host name, label and variable.
import type { Container, KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { FAILURE_COUNT, IGNORED_FAILURE_COUNT, INDEX_KEY } from '../../workloads/job/job.ts';
import type { Job } from '../../workloads/job/job.ts';
import { byKey } from '../../by-key.ts';
import { childPod } from '../child-pod.ts';
import { judge } from './failure-policy.ts';
import { failuresBefore, tracked } from './job-pods.ts';

const GENERATED_PREFIX = 58;
const VARIABLE = 'JOB_COMPLETION_INDEX';

/** A pod for the Job; `index` is for indexed Jobs, `replaces` the last failed pod of that index. */
export function newPod(
  job: Job,
  { index, replaces }: { index?: number; replaces?: KubeObject } = {},
): KubeObject {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', object: job };
  const pod = tracked(childPod(owner, job.spec.template));
  if (index === undefined) return pod;
  const { template } = job.spec;
  const name = job.metadata.name ?? '';
  const suffix = `-${index}-`;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, GENERATED_PREFIX - suffix.length)}${suffix}`,
      labels: byKey({ ...pod.metadata.labels, [INDEX_KEY]: `${index}` }),
      annotations: byKey({
        ...pod.metadata.annotations,
        [INDEX_KEY]: `${index}`,
        ...failureCounts(job, replaces),
      }),
    },
    spec: {
      ...template.spec,
      hostname: `${name}-${index}`,
      containers: template.spec.containers.map(withIndex),
      ...present({ initContainers: template.spec.initContainers?.map(withIndex) }),
    },
  };
}

function withIndex(container: Container): Container {
  if (container.env?.some(({ name }) => name === VARIABLE)) return container;
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX_KEY}']` };
  return {
    ...container,
    env: [...(container.env ?? []), { name: VARIABLE, valueFrom: { fieldRef } }],
  };
}

/** How often the index has failed so far, if the Job limits that. */
function failureCounts({ spec }: Job, replaces: KubeObject | undefined): Record<string, string> {
  if (spec.backoffLimitPerIndex === undefined) return {};
  const { counted, ignored } = replaces ? failuresBefore(replaces) : { counted: 0, ignored: 0 };
  const more = replaces === undefined ? undefined : judge(spec, replaces).counted;
  const ignoredNow = ignored + (more === false ? 1 : 0);
  return {
    [FAILURE_COUNT]: `${counted + (more === true ? 1 : 0)}`,
    ...(ignoredNow > 0 && { [IGNORED_FAILURE_COUNT]: `${ignoredNow}` }),
  };
}
