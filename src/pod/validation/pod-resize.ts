// What `/resize` may change of a pod (ValidatePodResize): cpu and memory of containers and sidecars, in the same order.
import type { FieldError } from '../../errors.ts';
import type { Container, Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { forbiddenValue, invalidValue } from '../../validation/field-errors.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { qosClass } from '../model/qos.ts';
import { canonical } from './ephemeral-containers.ts';
import { validateWholePod } from './whole-pod.ts';

const LISTS = ['containers', 'initContainers'] as const;
type List = (typeof LISTS)[number];

const listOf = ({ spec }: Pod, list: List): Container[] => spec[list] ?? [];

/** The stored pod with the resources of `next`; where containers came, went or moved, `next` as it is, for validation to refuse. */
export function withResizeOf(next: Pod, old: Pod): Pod {
  if (LISTS.some((list) => listOf(next, list).length !== listOf(old, list).length)) return next;
  const merged = (list: List): Container[] => {
    const wanted = listOf(next, list);
    if (listOf(old, list).some(({ name }, index) => wanted[index]?.name !== name)) return wanted;
    return listOf(old, list).map((container, index) =>
      resizedBy(container, wanted[index] ?? container),
    );
  };
  const initContainers = merged('initContainers');
  return {
    ...old,
    metadata: next.metadata,
    spec: {
      ...old.spec,
      containers: merged('containers'),
      ...present({ initContainers: initContainers.length > 0 ? initContainers : undefined }),
    },
  };
}

function resizedBy(
  { resources: _old, resizePolicy: _policy, ...rest }: Container,
  { resources, resizePolicy }: Container,
): Container {
  return {
    ...rest,
    ...present({ resources, resizePolicy }),
  };
}

/** All problems, in kube-apiserver's order. `noResize`: why the node's sandboxes keep their size. */
export function validatePodResize(next: Pod, old: Pod, noResize?: string): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateWholePod(next),
  ];
  const qos = old.status.qosClass ?? qosClass(old);
  if (qosClass(next) !== qos)
    errors.push(invalidValue('spec', qos, 'Pod QOS Class may not change as a result of resizing'));
  const isAsked = LISTS.some(
    (list) => canonical(listOf(next, list)) !== canonical(listOf(old, list)),
  );
  if (noResize !== undefined && isAsked)
    errors.push(
      forbiddenValue('spec', `Pod running on node without support for resize: ${noResize}`),
    );
  if (hasPodLevel(old) || hasPodLevel(next)) {
    return [
      ...errors,
      forbiddenValue(
        '',
        'resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled',
      ),
    ];
  }
  const order = LISTS.flatMap((list) => orderProblems(next, old, list));
  if (order.length > 0) return [...errors, ...order];
  return [
    ...errors,
    ...removals(next, old, 'initContainers'),
    ...removals(next, old, 'containers'),
    ...otherChanges(next, old),
  ];
}

const hasPodLevel = ({ spec: { resources } }: Pod): boolean =>
  Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;

function orderProblems(next: Pod, old: Pod, list: List): FieldError[] {
  const wanted = listOf(next, list);
  if (wanted.length !== listOf(old, list).length)
    return [forbiddenValue(`spec.${list}`, `${list} may not be added or removed on resize`)];
  return listOf(old, list).flatMap(({ name }, index) =>
    wanted[index]?.name === name
      ? []
      : [
          forbiddenValue(
            `spec.${list}[${index}].name`,
            `${list} may not be renamed or reordered on resize`,
          ),
        ],
  );
}

const isFixed = (container: Container, list: List): boolean =>
  list === 'initContainers' && container.restartPolicy !== 'Always';

function removals(next: Pod, old: Pod, list: List): FieldError[] {
  return listOf(old, list).flatMap((container, index) =>
    (['requests', 'limits'] as const).flatMap((kind) => {
      const left = listOf(next, list)[index]?.resources?.[kind] ?? {};
      const gone = Object.keys(container.resources?.[kind] ?? {}).some(
        (name) => !Object.hasOwn(left, name),
      );
      return gone && !isFixed(container, list)
        ? [
            forbiddenValue(
              `spec.${list}[${index}].resources.${kind}`,
              `resource ${kind} cannot be removed`,
            ),
          ]
        : [];
    }),
  );
}

function otherChanges(next: Pod, old: Pod): FieldError[] {
  return LISTS.flatMap((list) =>
    listOf(old, list).flatMap((container, index) => {
      const now = listOf(next, list)[index] ?? container;
      if (isFixed(container, list))
        return canonical(now) === canonical(container)
          ? []
          : [forbiddenValue('spec', 'resources for non-sidecar init containers are immutable')];
      const what =
        list === 'containers'
          ? 'resources are mutable'
          : 'resources for sidecar containers are mutable';
      return canonical(apartFromSize(now)) === canonical(apartFromSize(container))
        ? []
        : [forbiddenValue('spec', `only cpu and memory ${what}`)];
    }),
  );
}

function apartFromSize({ resizePolicy: _policy, resources, ...rest }: Container): object {
  const others = (list: Record<string, string> | undefined): object =>
    Object.fromEntries(
      Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'),
    );
  return {
    ...rest,
    others: [others(resources?.limits), others(resources?.requests), resources?.claims ?? []],
  };
}
