// The columns of kinds with a pod template: the names and images of its containers, and the selector of its pods.
import type { LabelSelector, Requirement } from '../../pod/placement/selection.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { column } from './columns.ts';
import { member, text } from './plain.ts';
import type { Column } from './strategy.ts';

/** Containers and Images, with `-o wide`. */
export const containerColumns = (): Column[] => [
  column('Containers', 'Names of each container in the template.', 1),
  column('Images', 'Images referenced by each container in the template.', 1),
];

/** Their cells for a pod template. */
export function containerCells(template: unknown): Cell[] {
  const containers = member(template, 'spec', 'containers');
  const list: unknown[] = Array.isArray(containers) ? containers : [];
  return ['name', 'image'].map((name) => list.map((one) => text(one, name)).join(','));
}

/** A label selector as text, e.g. `app=web,tier in (a,b)`; `<none>` where it selects everything or nothing. */
export function selectorText(selector: LabelSelector | undefined): string {
  const parts = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
      key,
      text: `${key}=${value}`,
    })),
    ...(selector?.matchExpressions ?? []).map((rule) => ({
      key: rule.key,
      text: requirementText(rule),
    })),
  ].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return parts.map(({ text: part }) => part).join(',') || '<none>';
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  const list = `(${[...values].sort().join(',')})`;
  switch (operator) {
    case 'In':
      return `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
