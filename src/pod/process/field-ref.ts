// Values of fieldRef and resourceFieldRef (fieldpath, resource helpers), for both the environment and downwardAPI files.
import type { Container, EphemeralContainer, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { findContainer } from '../model/containers.ts';
import { divideQuantities, parseQuantity } from '../model/quantity.ts';

/** What a pod can learn about its node and address. */
export interface FieldContext {
  podIP: string;
  hostIP: string;
  nodeName: string;
  /** Used in place of an unset limit: cpu in cores, all others in bytes. */
  allocatable?: { cpu: number; memory: number; 'ephemeral-storage': number };
}

/** The node has the size of the largest sandbox. */
export const NODE_ALLOCATABLE = {
  cpu: 32,
  memory: 249_856 * 1024 * 1024,
  'ephemeral-storage': 200 * 1024 ** 3,
};

const GO_ESCAPES: { [character: string]: string } = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

const hex = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** Go's %q: escapes unprintable characters, and all blanks except the common one. */
const quote = (text: string): string =>
  `"${text.replace(/["\\\p{C}\p{Z}]/gu, (character) => (character === ' ' ? character : (own(GO_ESCAPES, character) ?? hex(character))))}"`;

/** Labels or annotations as file content: `key="value"` lines, sorted. */
function lines(map: { [key: string]: string } | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${quote(value)}`).join('\n');
}

/** The field's text; undefined where there is no such field. A missing label or annotation is the empty string. */
export function fieldValue(
  pod: Pod,
  fieldPath: string,
  { podIP, hostIP, nodeName }: FieldContext,
): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null)
    return (
      own(pod.metadata[subscript[1] === 'labels' ? 'labels' : 'annotations'], subscript[2] ?? '') ??
      ''
    );
  const fields: { [path: string]: string | undefined } = {
    'metadata.name': pod.metadata.name ?? '',
    'metadata.namespace': pod.metadata.namespace ?? '',
    'metadata.uid': pod.metadata.uid ?? '',
    'metadata.labels': lines(pod.metadata.labels),
    'metadata.annotations': lines(pod.metadata.annotations),
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? '',
    'status.hostIP': hostIP,
    'status.hostIPs': hostIP,
    'status.podIP': podIP,
    'status.podIPs': podIP,
  };
  return own(fields, fieldPath);
}

const exact = (value: number) => ({
  digits: BigInt(Math.trunc(value)),
  exponent: 0,
  format: 'decimalSI' as const,
});

/** The value of `limits.cpu`, `requests.memory` … for a container; an unset limit is the pod's, else the node's. */
function resourceQuantity(
  pod: Pod,
  container: Container | EphemeralContainer | undefined,
  resource: string,
  context: FieldContext,
) {
  const [kind = '', ...rest] = resource.split('.');
  const name = rest.join('.');
  const list = kind === 'limits' ? 'limits' : 'requests';
  const stated = parseQuantity(own(container?.resources?.[list], name) ?? '0');
  if (stated !== undefined && stated.digits !== 0n) return stated;
  if (list === 'requests') return exact(0);
  const podLimit = parseQuantity(own(pod.spec.resources?.limits, name) ?? '0');
  if (podLimit !== undefined && podLimit.digits !== 0n) return podLimit;
  const allocatable: { [name: string]: number } = context.allocatable ?? NODE_ALLOCATABLE;
  return exact(own(allocatable, name) ?? 0);
}

/** The value in units of the divisor, rounded up; undefined where the container does not exist. */
export function resourceFieldValue(
  pod: Pod,
  selector: { containerName?: string; resource: string; divisor?: string },
  ownContainer: string,
  context: FieldContext,
): string | undefined {
  const container = findContainer(pod, selector.containerName || ownContainer);
  if (container === undefined) return undefined;
  const divisor = parseQuantity(selector.divisor ?? '1');
  const quantity = resourceQuantity(pod, container, selector.resource, context);
  return String(
    divideQuantities(quantity, divisor === undefined || divisor.digits === 0n ? exact(1) : divisor),
  );
}
