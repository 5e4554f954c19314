// What Kubernetes would take and droppod does not: every such field is refused or warned of, never dropped in silence.
import type { FieldError } from '../errors.ts';
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { onceForAlike } from '../pod/model/once-for-alike.ts';
import type { Settings } from '../ports/settings.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import {
  fargateProblems,
  linkWarnings,
  memoryWarnings,
  messageWarnings,
  partWarnings,
  sizeWarnings,
} from '../fargate/limits.ts';
import type { Field } from '../fargate/fields/field-table.ts';
import { hostWarnings } from '../fargate/host-warnings.ts';
import { NO_FURTHER_CONTAINER } from '../fargate/fields/fields.ts';
import type { FieldNode } from '../fargate/fields/field-tree.ts';
import { nodeAt, SPEC } from '../fargate/fields/field-tree.ts';

/** The name of a member, or the index of an entry. */
type Step = string | number;

/** A member of the pod that asks for something: where it is and what is said of it. */
interface Found {
  place: string;
  field: Field | 'unknown';
}

/** Forbidden for each field that cannot be served, with the reason. For created pods, defaulted and admitted. */
export function refusePod(
  pod: Pod,
  { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>,
): FieldError[] {
  if (mode !== 'local') return refuseOnAws(pod);
  return beyondFargate ? refuseBeyondFargate(pod) : refuseLocally(pod);
}

const refuser = (served: { local: boolean; docker: boolean }): ((pod: Pod) => FieldError[]) =>
  onceForAlike((pod) => [
    ...refusals(walk('spec', SPEC, withoutTokenVolume(pod)), served),
    ...fargateProblems(pod, served.docker),
  ]);
const refuseOnAws = refuser({ local: false, docker: false });
const refuseLocally = refuser({ local: true, docker: false });
const refuseBeyondFargate = refuser({ local: true, docker: true });

const refusals = (found: Found[], served: { local: boolean; docker: boolean }): FieldError[] =>
  found.flatMap(({ place, field }): FieldError[] => {
    if (field === 'unknown') return [forbiddenValue(place, 'droppod does not know this field')];
    if (field.kind !== 'refused') return [];
    const anyway = (served.docker && field.docker) || (served.local && field.local);
    return anyway ? [] : [forbiddenValue(place, field.reason)];
  });

/** The same for ephemeral containers that come to `old`: a Fargate task takes none. */
export function refuseEphemeralContainers(
  next: Pod,
  old: Pod,
  { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>,
): FieldError[] {
  const known = new Set((old.spec.ephemeralContainers ?? []).map(({ name }) => name));
  const fresh = (next.spec.ephemeralContainers ?? []).flatMap((container, index) =>
    known.has(container.name) ? [] : [{ container, place: `spec.ephemeralContainers[${index}]` }],
  );
  if (mode !== 'local')
    return fresh.length === 0
      ? []
      : [forbiddenValue('spec.ephemeralContainers', NO_FURTHER_CONTAINER)];
  return fresh.flatMap(({ place, container: { targetContainerName: _target, ...container } }) =>
    refusals(walk(place, nodeAt('containers[]'), container), {
      local: true,
      docker: beyondFargate,
    }),
  );
}

/** Warning texts for fields that are accepted without full effect. */
export const limitWarnings: (pod: Pod) => string[] = onceForAlike((pod) => {
  const warnings = walk('spec', SPEC, { ...pod.spec }).flatMap(({ place, field }) =>
    typeof field === 'object' && field.kind === 'warned' ? [`${place}: ${field.reason}`] : [],
  );
  return [
    ...warnings,
    ...hostWarnings(pod),
    ...memoryWarnings(pod),
    ...partWarnings(pod),
    ...linkWarnings(pod),
    ...messageWarnings(pod),
    ...sizeWarnings(pod),
  ];
});

// Admission adds this volume to every pod; a pod that was read and is written again has it too.
function withoutTokenVolume({ spec }: Pod): Record<string, unknown> {
  return {
    ...spec,
    volumes: (spec.volumes ?? []).filter(
      ({ name, projected }) => !(projected && name.startsWith('kube-api-access-')),
    ),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Fields below `value` that ask for something; `place` is the path with indexes, `node` the one in the table. */
function walk(place: string, node: FieldNode, value: unknown): Found[] {
  const found: Found[] = [];
  collect(node, value, [place], found);
  return found;
}

/** Adds what stands at `steps` and below. Nearly every member is served: texts are made only where something is to be said. */
function collect(node: FieldNode, value: unknown, steps: Step[], found: Found[]): void {
  const { field } = node;
  if (field) {
    if (asks(field, value)) found.push({ place: placeOf(steps), field });
  } else if (value === null || typeof value !== 'object') {
    if (!isEmpty(value)) found.push({ place: placeOf(steps), field: 'unknown' });
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      collectBelow(node.entry(), value[index], index, steps, found);
  } else {
    for (const name of Object.keys(value))
      collectBelow(
        node.member(name),
        own(value as Record<string, unknown>, name),
        name,
        steps,
        found,
      );
  }
}

function collectBelow(
  node: FieldNode,
  value: unknown,
  step: Step,
  steps: Step[],
  found: Found[],
): void {
  steps.push(step);
  collect(node, value, steps, found);
  steps.pop();
}

/** Whether the value asks for more than the field is served with. */
function asks(field: Field, value: unknown): boolean {
  if (field.kind === 'implemented') return false;
  return !(field.harmless ?? isEmpty)(value);
}

/** The first step is the place where the walk began. */
const placeOf = ([start = '', ...steps]: Step[]): string =>
  `${start}${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`;
