// Rules of fieldRef and resourceFieldRef, in variables and in files.
import type { FieldError } from '../../errors.ts';
import { own } from '../../own.ts';
import {
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { compareQuantities, parseQuantity } from '../model/quantity.ts';
import { textOf, type Members } from './members.ts';

/** Field paths that a variable may show. */
export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
] as const;

/** Field paths that a file may show. */
export const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
] as const;

const KNOWN_LABELS = new Set<string>([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.hostNetwork',
]);
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const DIVISORS: Record<string, { values: string[]; text: string }> = {
  cpu: { values: ['1m', '1'], text: '1m and 1' },
  memory: { values: SIZES, text: SIZES.join(', ') },
  'ephemeral-storage': { values: SIZES, text: SIZES.join(', ') },
};

/** Problems of a fieldRef whose path must be one of `supported` or a label or annotation by key. */
export function validateFieldRef(
  reference: Members,
  field: string,
  supported: readonly string[],
): FieldError[] {
  const apiVersion = textOf(reference, 'apiVersion');
  const path = textOf(reference, 'fieldPath');
  if (apiVersion === '') return [required(`${field}.apiVersion`)];
  if (path === '') return [required(`${field}.fieldPath`)];
  const own = `${field}.fieldPath`;
  if (apiVersion !== 'v1')
    return [
      invalidValue(own, path, `error converting fieldPath: unsupported pod version: ${apiVersion}`),
    ];
  const subscript = /^(.*)\['(.*)'\]$/.exec(path);
  if (subscript) return validateSubscript(own, path, subscript[1] ?? '', subscript[2] ?? '');
  if (!KNOWN_LABELS.has(path))
    return [
      invalidValue(own, path, `error converting fieldPath: field label not supported: ${path}`),
    ];
  return supported.includes(path) ? [] : [notSupported(own, path, supported)];
}

function validateSubscript(field: string, path: string, map: string, key: string): FieldError[] {
  if (map === 'metadata.labels') return invalidEach(field, key, qualifiedNameProblems(key));
  if (map === 'metadata.annotations')
    return invalidEach(field, key, qualifiedNameProblems(key.toLowerCase()));
  if (!KNOWN_LABELS.has(map))
    return [
      invalidValue(field, path, `error converting fieldPath: field label not supported: ${path}`),
    ];
  return [invalidValue(field, path, 'does not support subscript')];
}

/** Problems of a resourceFieldRef; in a volume it must name its container. */
export function validateResourceFieldRef(
  reference: Members,
  field: string,
  { volume }: { volume: boolean },
): FieldError[] {
  const resource = textOf(reference, 'resource');
  if (volume && textOf(reference, 'containerName') === '')
    return [required(`${field}.containerName`)];
  if (resource === '') return [required(`${field}.resource`)];
  const hugePages = /^(limits|requests)\.hugepages-./.test(resource);
  if (!hugePages && !RESOURCES.includes(resource))
    return [notSupported(`${field}.resource`, resource, RESOURCES)];
  return validateDivisor(resource, String(reference['divisor'] ?? '0'), `${field}.divisor`);
}

function validateDivisor(resource: string, text: string, field: string): FieldError[] {
  const divisor = parseQuantity(text);
  const kind = resource.slice(resource.indexOf('.') + 1);
  const allowed = own(DIVISORS, kind) ?? DIVISORS['memory'];
  if (!divisor || divisor.digits === 0n || !allowed) return [];
  const fits = allowed.values.some((value) => {
    const quantity = parseQuantity(value);
    return quantity !== undefined && compareQuantities(quantity, divisor) === 0;
  });
  const name = own(DIVISORS, kind) ? kind : 'hugepages';
  // Kubernetes shows the resource, not the divisor, as the invalid value.
  return fits
    ? []
    : [
        invalidValue(
          field,
          resource,
          `only divisor's values ${allowed.text} are supported with the ${name} resource`,
        ),
      ];
}
