// Rules of resource requests and limits, of containers and of the pod.
import type { FieldError } from '../../errors.ts';
import type { Container, PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import {
  duplicate,
  forbiddenValue,
  invalidEach,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { aggregateRequest, isPodLevelResource } from '../model/pod-resources.ts';
import {
  compareQuantities,
  parseQuantity,
  printQuantity,
  type Quantity,
} from '../model/quantity.ts';

type Resources = NonNullable<Container['resources']>;
type List = Record<string, string> | undefined;

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];
const STANDARD_RESOURCE =
  /^((requests|limits)\.)?(cpu|memory|ephemeral-storage|storage)$|^(pods|resourcequotas|services(\.nodeports|\.loadbalancers)?|secrets|configmaps|replicationcontrollers|persistentvolumeclaims)$/;
const HUGE_PAGES = 'hugepages-';

const isExtended = (name: string): boolean =>
  name.includes('/') && !name.includes('kubernetes.io/');
/** Whether a request may be less than its limit. */
export const mayOvercommit = (name: string): boolean =>
  !isExtended(name) && !name.startsWith(HUGE_PAGES);
const entries = (list: List): [string, Quantity][] =>
  Object.entries(list ?? {}).flatMap(([name, text]): [string, Quantity][] => {
    const quantity = parseQuantity(text);
    return quantity ? [[name, quantity]] : [];
  });

/** Problems of the resources of one container; `claims` are the names in `spec.resourceClaims`. */
export function validateResources(
  resources: Resources,
  field: string,
  claims: readonly string[],
): FieldError[] {
  return [
    ...entries(resources.limits).flatMap(([name, quantity]) =>
      validateLimit(name, quantity, `${field}.limits[${name}]`),
    ),
    ...entries(resources.requests).flatMap(([name, quantity]) => [
      ...validateEntry(name, quantity, `${field}.requests[${name}]`),
      ...validateAgainstLimit(name, quantity, own(resources.limits, name), field),
      ...validatePages(name, quantity, `${field}.requests[${name}]`),
    ]),
    ...hugePagesAlone(resources, field),
    ...validateClaims(resources, field, claims),
  ];
}

function validateEntry(name: string, quantity: Quantity, field: string): FieldError[] {
  return [...validateContainerResourceName(name, field), ...validateAmount(name, quantity, field)];
}

const validateLimit = (name: string, quantity: Quantity, field: string): FieldError[] => [
  ...validateEntry(name, quantity, field),
  ...validatePages(name, quantity, field),
];

/** Problems of a name that any resource list may have. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return invalidEach(field, name, problems);
  const isKnown =
    name.includes('/') ||
    name.startsWith(HUGE_PAGES) ||
    name.startsWith(`requests.${HUGE_PAGES}`) ||
    STANDARD_RESOURCE.test(name);
  return isKnown
    ? []
    : invalidEach(field, name, ['must be a standard resource type or fully qualified']);
}

/** Problems of a name in a list of what a container needs. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  const problem = name.includes('/') ? extendedProblem(name) : containerProblem(name);
  return problem === undefined ? errors : [...errors, invalidValue(field, name, problem)];
}

const containerProblem = (name: string): string | undefined =>
  STANDARD.includes(name) || name.startsWith(HUGE_PAGES)
    ? undefined
    : 'must be a standard resource for containers';

// A quota counts it as `requests.<name>`, which has to be a name as well.
const extendedProblem = (name: string): string | undefined =>
  isExtended(name) &&
  (name.startsWith('requests.') || qualifiedNameProblems(`requests.${name}`).length > 0)
    ? "doesn't follow extended resource name standard"
    : undefined;

function validateAmount(name: string, quantity: Quantity, field: string): FieldError[] {
  const text = printQuantity(quantity);
  if (quantity.digits < 0n)
    return [invalidValue(field, text, 'must be greater than or equal to 0')];
  if (isExtended(name) && !isMultiple(quantity, { digits: 1n, exponent: 0, format: 'decimalSI' }))
    return [invalidValue(field, text, 'must be an integer')];
  return [];
}

// A page size that is no quantity divides nothing.
function validatePages(name: string, quantity: Quantity, field: string): FieldError[] {
  if (!name.startsWith(HUGE_PAGES)) return [];
  const page = parseQuantity(name.slice(HUGE_PAGES.length));
  if (page && page.digits > 0n && quantity.digits >= 0n && isMultiple(quantity, page)) return [];
  const text = printQuantity(quantity);
  return [invalidValue(field, text, `${text} is not positive integer multiple of ${name}`)];
}

function isMultiple(quantity: Quantity, unit: Quantity): boolean {
  const least = Math.min(quantity.exponent, unit.exponent);
  const scale = (value: Quantity): bigint => value.digits * 10n ** BigInt(value.exponent - least);
  return scale(quantity) % scale(unit) === 0n;
}

function validateAgainstLimit(
  name: string,
  request: Quantity,
  limitText: string | undefined,
  field: string,
): FieldError[] {
  const limit = limitText === undefined ? undefined : parseQuantity(limitText);
  if (!limit)
    return mayOvercommit(name)
      ? []
      : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')];
  const order = compareQuantities(request, limit);
  const text = printQuantity(limit);
  if (order !== 0 && !mayOvercommit(name))
    return [
      invalidValue(
        `${field}.requests`,
        printQuantity(request),
        `must be equal to ${name} limit of ${text}`,
      ),
    ];
  return order > 0
    ? [
        invalidValue(
          `${field}.requests`,
          printQuantity(request),
          `must be less than or equal to ${name} limit of ${text}`,
        ),
      ]
    : [];
}

function hugePagesAlone(resources: Resources, field: string): FieldError[] {
  const names = [...Object.keys(resources.limits ?? {}), ...Object.keys(resources.requests ?? {})];
  const alone =
    names.some((name) => name.startsWith(HUGE_PAGES)) &&
    !names.some((name) => name === 'cpu' || name === 'memory');
  return alone ? [forbiddenValue(field, 'HugePages require cpu or memory')] : [];
}

/** Names that each finding repeats. */
const MAX_NAMED_CLAIMS = 100;

function validateClaims(
  resources: Resources,
  field: string,
  claims: readonly string[],
): FieldError[] {
  const seen = new Set<string>();
  const known = new Set(claims);
  const names =
    claims.length === 0
      ? ' which is empty'
      : `: ${claims.slice(0, MAX_NAMED_CLAIMS).sort().join(', ')}`;
  return (resources.claims ?? []).flatMap((claim, index) => {
    const own = `${field}.claims[${index}]`;
    if (!claim.name) return [required(own)];
    const { request = '' } = claim as { request?: string };
    const errors = duplicateClaim(claim.name, request, seen, own);
    return known.has(claim.name)
      ? errors
      : [
          ...errors,
          notFoundValue(
            own,
            claim.name,
            `must be one of the names in pod.spec.resourceClaims${names}`,
          ),
        ];
  });
}

// A claim as a whole goes with no request of the same claim.
function duplicateClaim(
  name: string,
  request: string,
  seen: Set<string>,
  field: string,
): FieldError[] {
  const key = request === '' ? name : `${name}/${request}`;
  const errors = seen.has(key)
    ? [duplicate(field, key)]
    : request !== '' && seen.has(name)
      ? [duplicate(field, name)]
      : [];
  seen.add(key);
  return errors;
}

/** Problems of `spec.resources` and of containers that do not fit into it. */
export function validatePodResources(spec: PodSpec): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const field = 'spec.resources';
  const claims = resources.claims?.length
    ? [forbiddenValue(`${field}.claims`, 'claims may not be set for Resources at pod-level')]
    : [];
  const names = (spec.resourceClaims ?? []).map(({ name }) => name);
  return [
    ...claims,
    ...entries(resources.limits).flatMap(([name, quantity]) => [
      ...validatePodEntry(name, quantity, `${field}.limits[${name}]`),
      ...validatePages(name, quantity, `${field}.limits[${name}]`),
    ]),
    ...entries(resources.requests).flatMap(([name, quantity]) => [
      ...validatePodEntry(name, quantity, `${field}.requests[${name}]`),
      ...validateAgainstLimit(name, quantity, own(resources.limits, name), field),
      ...validatePages(name, quantity, `${field}.requests[${name}]`),
    ]),
    ...hugePagesAlone(resources, field),
    ...validateClaims(resources, field, names),
    ...aggregates(spec),
    ...containerLimits(spec),
  ];
}

function validatePodEntry(name: string, quantity: Quantity, field: string): FieldError[] {
  const unknown = validateResourceName(name, field);
  const unsupported =
    unknown.length > 0 || isPodLevelResource(name)
      ? unknown
      : [notSupported(field, name, ['cpu', HUGE_PAGES, 'memory'])];
  return [...unsupported, ...validateAmount(name, quantity, field)];
}

function aggregates(spec: PodSpec): FieldError[] {
  return entries(spec.resources?.requests).flatMap(([name, request]) => {
    const sum = aggregateRequest(spec, name);
    if (!sum || compareQuantities(sum, request) <= 0) return [];
    return [
      invalidValue(
        `spec.resources.requests[${name}]`,
        printQuantity(request),
        `must be greater than or equal to aggregate container requests of ${printQuantity(sum)}`,
      ),
    ];
  });
}

function containerLimits(spec: PodSpec): FieldError[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, index) =>
      entries(container.resources?.limits).flatMap(([name, limit]) => {
        const text = own(spec.resources?.limits, name);
        const most = text === undefined ? undefined : parseQuantity(text);
        if (!most || compareQuantities(limit, most) <= 0) return [];
        return [
          invalidValue(
            // Kubernetes names the place so, containers and init containers alike.
            `spec.resources.${list}[${index}][${name}].limits`,
            printQuantity(limit),
            `must be less than or equal to pod limits of ${printQuantity(most)}`,
          ),
        ];
      }),
    ),
  );
}
