// What may change in a Job: its size and limits, and the placement of pods while it has not started.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import { present } from '../../present.ts';
import { invalidValue } from '../../validation/field-errors.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import type { PodTemplate } from '../pod-template.ts';
import { isIndexed } from './job.ts';
import type { Job, JobSpec } from './job.ts';
import { shownFailurePolicy, shownSuccessPolicy } from './validate-policies.ts';
import { shownSelector, validateJob, validateSelectedSpec } from './validate-job.ts';

/** All problems of an update through the main endpoint: Kubernetes applies the rules of a new Job, then those for its spec. */
export const validateJobUpdate = (next: Job, old: Job): FieldError[] => [
  ...validateJob(next),
  ...validateObjectMetaUpdate(next.metadata, old.metadata),
  ...validateSelectedSpec(next.spec),
  ...validateCompletions(next.spec, old.spec),
  ...validateSelectorChange(next.spec, old.spec),
  ...validateTemplateChange(next, old),
  ...immutable('completionMode', next.spec, old.spec),
  ...immutable('podFailurePolicy', next.spec, old.spec, shownFailurePolicy),
  ...immutable('backoffLimitPerIndex', next.spec, old.spec),
  ...immutable('managedBy', next.spec, old.spec),
  ...immutable('successPolicy', next.spec, old.spec, shownSuccessPolicy),
];

/** `shown`: how Kubernetes prints the value, where not as it came. */
function immutable<N extends keyof JobSpec>(
  name: N,
  next: JobSpec,
  old: JobSpec,
  shown: (value: NonNullable<JobSpec[N]>) => unknown = (value) => value,
): FieldError[] {
  const value = next[name];
  return isDeepStrictEqual(value, old[name])
    ? []
    : [invalidValue(`spec.${name}`, value && shown(value), 'field is immutable')];
}

const validateSelectorChange = (next: JobSpec, old: JobSpec): FieldError[] =>
  isDeepStrictEqual(next.selector, old.selector)
    ? []
    : [invalidValue('spec.selector', shownSelector(next.selector), 'field is immutable')];

/** An indexed Job is resized by changing completions and parallelism together. */
function validateCompletions(next: JobSpec, old: JobSpec): FieldError[] {
  if (!isIndexed(next)) return immutable('completions', next, old);
  const { completions, parallelism } = next;
  return completions === undefined || completions === old.completions || completions === parallelism
    ? []
    : [
        invalidValue(
          'spec.completions',
          completions,
          'can only be modified in tandem with spec.parallelism',
        ),
      ];
}

function validateTemplateChange(next: Job, old: Job): FieldError[] {
  const unstarted = old.spec.suspend === true && old.status.startTime === undefined;
  const before = unstarted
    ? withPlacementOf(old.spec.template, next.spec.template)
    : old.spec.template;
  return isDeepStrictEqual(next.spec.template, before)
    ? []
    : [invalidValue('spec.template', next.spec.template, 'field is immutable')];
}

/** The template with what a queueing controller may still change: node affinity, selector, tolerations, gates, labels, annotations. */
function withPlacementOf(template: PodTemplate, next: PodTemplate): PodTemplate {
  const { labels: _labels, annotations: _annotations, ...metadata } = template.metadata;
  const {
    nodeSelector: _selector,
    tolerations: _tolerations,
    schedulingGates: _gates,
    affinity,
    ...spec
  } = template.spec;
  const { nodeAffinity: _nodes, ...others } = affinity ?? {};
  const merged = {
    ...others,
    ...present({ nodeAffinity: next.spec.affinity?.nodeAffinity }),
  };
  const bare = next.spec.affinity === undefined && Object.keys(merged).length === 0;
  return {
    metadata: {
      ...metadata,
      ...present({ labels: next.metadata.labels, annotations: next.metadata.annotations }),
    },
    spec: {
      ...spec,
      ...present({
        nodeSelector: next.spec.nodeSelector,
        tolerations: next.spec.tolerations,
        schedulingGates: next.spec.schedulingGates,
        affinity: bare ? undefined : merged,
      }),
    },
  };
}
