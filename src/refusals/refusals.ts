// What Kubernetes would take and droppod does not: every such field is refused or warned of, never dropped in silence.
import type { FieldError } from '../errors.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Settings } from '../ports/settings.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import {
  fargateProblems,
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
  return [
    ...refusals(walk('spec', SPEC, withoutTokenVolume(pod)), {
      local: mode === 'local',
      docker: mode === 'local' && beyondFargate,
    }),
    ...fargateProblems(pod, mode === 'local' && beyondFargate),
  ];
}

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
export function limitWarnings(pod: Pod): string[] {
  const warnings = walk('spec', SPEC, { ...pod.spec }).flatMap(({ place, field }) =>
    typeof field === 'object' && field.kind === 'warned' ? [`${place}: ${field.reason}`] : [],
  );
  return [
    ...warnings,
    ...hostWarnings(pod),
    ...memoryWarnings(pod),
    ...partWarnings(pod),
    ...messageWarnings(pod),
    ...sizeWarnings(pod),
  ];
}

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

/** Nearly every member asks for nothing droppod does not serve. */
const NOTHING: readonly Found[] = [];

/** Fields below `value` that ask for something; `place` is the path with indexes, `node` the one in the table. */
const walk = (place: string, node: FieldNode, value: unknown): Found[] =>
  walkBelow(node, value).map((found) => ({ ...found, place: place + found.place }));

/** The same with places that begin at `value`. */
function walkBelow(node: FieldNode, value: unknown): readonly Found[] {
  const { field } = node;
  if (field) {
    const harmless = ('harmless' in field ? field.harmless : undefined) ?? isEmpty;
    return harmless(value) ? NOTHING : [{ place: '', field }];
  }
  if (value === null || typeof value !== 'object')
    return isEmpty(value) ? NOTHING : [{ place: '', field: 'unknown' }];
  const isArray = Array.isArray(value);
  const found = Object.entries(value).flatMap(([name, member]) => {
    const here = walkBelow(isArray ? node.entry() : node.member(name), member);
    // A place is put together only where something is there to be said.
    if (here.length === 0) return here;
    const step = isArray ? `[${name}]` : `.${name}`;
    return here.map((one) => ({ ...one, place: step + one.place }));
  });
  return found.length === 0 ? NOTHING : found;
}
