// Defaults of a Job at creation, and the generated selector and labels that identify its pods.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import { present } from '../../present.ts';
import { byKey } from '../../by-key.ts';
import { defaultTemplate } from '../pod-template.ts';
import type { Job, JobSpec } from './job.ts';

const BACKOFF_LIMIT = 6;
const MAX_INT32 = 2_147_483_647;

type GivenSpec = Partial<Omit<JobSpec, 'template'>> & { template?: unknown };

/** A Job's spec with only its pod template's defaults: all that the template of a CronJob gets. */
export function defaultJobTemplateSpec(given: unknown): JobSpec {
  const spec = (isMap(given) ? given : {}) as GivenSpec;
  const policy = spec.podFailurePolicy;
  return {
    ...spec,
    ...(policy && {
      podFailurePolicy: {
        ...policy,
        rules: (policy.rules ?? []).map((rule) => ({
          ...rule,
          ...present({
            onPodConditions: rule.onPodConditions?.map((pattern) => ({
              ...pattern,
              status: pattern.status || 'True',
            })),
          }),
        })),
      },
    }),
    template: defaultTemplate(spec.template),
  };
}

function defaultSpec(given: unknown): JobSpec {
  const spec = defaultJobTemplateSpec(given);
  const completions = spec.completions ?? (spec.parallelism === undefined ? 1 : undefined);
  return {
    ...spec,
    ...present({ completions }),
    parallelism: spec.parallelism ?? 1,
    backoffLimit:
      spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : MAX_INT32),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy:
      spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
    manualSelector: spec.manualSelector ?? false,
  };
}

/** The Job with every default; without labels it takes its template's. May be repeated. */
export function defaultJob(object: KubeObject): Job {
  const spec = defaultSpec(object['spec']);
  const { labels } = object.metadata;
  const given = labels && Object.keys(labels).length > 0 ? labels : spec.template.metadata.labels;
  return {
    ...object,
    metadata: { ...object.metadata, ...present({ labels: given }) },
    spec,
    status: (isMap(object['status']) ? object['status'] : {}) as Job['status'],
  };
}

/** A new Job in its first stored form: generation 1, no status and, unless `manualSelector` is set, a selector on its uid. */
export function prepareJob(job: Job): Job {
  const { metadata, spec } = job;
  const first = { ...job, metadata: { ...metadata, generation: 1 }, status: {} };
  if (spec.manualSelector === true) return first;
  const { uid = '', name = '' } = metadata;
  const { template, selector } = spec;
  const generated = {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
  };
  const labels = byKey({ ...generated, ...template.metadata.labels });
  // A Job that took its template's labels gets all of them (in Kubernetes both are one map).
  const shared =
    metadata.labels === undefined || isDeepStrictEqual(metadata.labels, template.metadata.labels)
      ? labels
      : metadata.labels;
  return {
    ...first,
    metadata: { ...first.metadata, labels: shared },
    spec: {
      ...spec,
      selector: {
        ...selector,
        matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...selector?.matchLabels },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
