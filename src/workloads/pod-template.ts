// The pod template of every workload: defaults, rules, refusals and warnings of the pods to be created, reported at the template's path.
import type { FieldError } from '../errors.ts';
import type { ObjectMeta, Pod, PodSpec } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import { defaultPod, defaultSpec } from '../pod/admission/defaults.ts';
import { omitEmpty } from '../pod/model/omit-empty.ts';
import { validatePodAnnotations } from '../pod/validation/annotations.ts';
import { validateImages } from '../pod/validation/containers.ts';
import { validateSpec } from '../pod/validation/spec.ts';
import type { Settings } from '../ports/settings.ts';
import { limitWarnings, refusePod } from '../refusals/refusals.ts';
import { podWarnings } from '../refusals/warnings.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import { labelProblems } from '../validation/names.ts';
import { validateAnnotations, validateLabels } from '../validation/object-meta.ts';

export interface PodTemplate {
  metadata: ObjectMeta;
  spec: PodSpec;
}

/** The template with a pod's defaults, without those that Kubernetes fills in only at a pod's creation. May be repeated. */
export function defaultTemplate(template: unknown): PodTemplate {
  const { metadata, spec } = isMap(template) ? template : {};
  return {
    metadata: omitEmpty(isMap(metadata) ? metadata : {}, 'metadata') as ObjectMeta,
    spec: defaultSpec((isMap(spec) ? spec : {}) as Partial<PodSpec>),
  };
}

/** The pod that the template would create; its name and namespace do not exist yet. */
const podOf = ({ metadata, spec }: PodTemplate): Pod => ({ metadata, spec, status: {} });

/** Problems of a defaulted template at `path`, e.g. `spec.template`; the kind's own rules (restartPolicy, selector) come after it. */
export function validateTemplate(template: PodTemplate, path: string): FieldError[] {
  const { metadata, spec } = template;
  const pod = podOf(template);
  return [
    ...validateLabels(metadata.labels, `${path}.labels`),
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
    ...validatePodAnnotations(pod).map((problem) => ({
      ...problem,
      field: problem.field.replace(/^metadata/, path),
    })),
    ...below(path, [...validateSpec(pod), ...validateImages(pod)]),
    ...(spec.ephemeralContainers?.length
      ? [
          forbiddenValue(
            `${path}.spec.ephemeralContainers`,
            'ephemeral containers not allowed in pod template',
          ),
        ]
      : []),
  ];
}

const below = (path: string, problems: readonly FieldError[]): FieldError[] =>
  problems.map((problem) => ({ ...problem, field: `${path}.${problem.field}` }));

/** Refuses what droppod would refuse of the pods, already in the workload: otherwise it would show only in its events. */
export const refuseTemplate = (
  template: PodTemplate,
  path: string,
  settings: Pick<Settings, 'mode' | 'beyondFargate'>,
): FieldError[] => below(path, refusePod(defaultPod(podOf(template)), settings));

/** Warnings for the pods to be created. Texts that start with a field start with its path in the workload. */
export function templateWarnings(template: PodTemplate, path: string): string[] {
  const pod = defaultPod(podOf(template));
  // A template has no name: the controller names the pods.
  const named = { ...pod, metadata: { ...pod.metadata, name: 'pod' } };
  return [...podWarnings(named), ...limitWarnings(named)].map((text) =>
    /^(spec|metadata)\b/.test(text) ? `${path}.${text}` : text,
  );
}

/** The warning about a workload whose name cannot become part of its pods' host names. */
export function workloadNameWarnings(name: string): string[] {
  const problems = labelProblems(name);
  return problems.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      ];
}
