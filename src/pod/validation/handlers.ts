// Rules of probes and hooks.
import type { FieldError } from '../../errors.ts';
import type { Container, LifecycleHandler, Probe } from '../../kinds/pod.ts';
import {
  between,
  forbiddenValue,
  invalidEach,
  invalidValue,
  notNegative,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { headerNameProblems, portNameProblems } from '../../validation/names.ts';

const MAX_PORT = 65535;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = Partial<LifecycleHandler & Probe>;

function validatePort(port: number | string | undefined, field: string): FieldError[] {
  return typeof port === 'string'
    ? invalidEach(field, port, portNameProblems(port))
    : between(field, port ?? 0, 1, MAX_PORT);
}

/** Problems of one handler: exactly one kind, and its own rules. */
function validateHandler(
  handler: Handler,
  field: string,
  graceSeconds: number | undefined,
): FieldError[] {
  const [first, ...others] = HANDLERS.filter((kind) => handler[kind]);
  if (first === undefined) return [required(field, 'must specify a handler type')];
  return [
    ...validateKind(first, handler, `${field}.${first}`, graceSeconds),
    ...others.map((kind) =>
      forbiddenValue(`${field}.${kind}`, 'may not specify more than 1 handler type'),
    ),
  ];
}

function validateKind(
  kind: (typeof HANDLERS)[number],
  handler: Handler,
  field: string,
  graceSeconds: number | undefined,
): FieldError[] {
  switch (kind) {
    case 'exec':
      return handler.exec?.command?.length ? [] : [required(`${field}.command`)];
    case 'httpGet':
      return validateHttpGet(handler.httpGet, field);
    case 'tcpSocket':
      return validatePort(handler.tcpSocket?.port, `${field}.port`);
    case 'grpc':
      return validatePort(handler.grpc?.port, `${field}.port`);
    case 'sleep':
      return validateSleep(handler.sleep?.seconds ?? 0, field, graceSeconds);
  }
}

function validateHttpGet(get: Probe['httpGet'], field: string): FieldError[] {
  return [
    ...(get?.path ? [] : [required(`${field}.path`)]),
    ...validatePort(get?.port, `${field}.port`),
    ...oneOf(`${field}.scheme`, get?.scheme, ['HTTP', 'HTTPS']),
    ...(get?.httpHeaders ?? []).flatMap(({ name }) =>
      invalidEach(`${field}.httpHeaders`, name ?? '', headerNameProblems(name ?? '')),
    ),
  ];
}

function validateSleep(
  seconds: number,
  field: string,
  graceSeconds: number | undefined,
): FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
  return [
    invalidValue(
      field,
      seconds,
      `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`,
    ),
  ];
}

/** Problems of postStart and preStop. */
export function validateLifecycle(
  lifecycle: NonNullable<Container['lifecycle']>,
  field: string,
  graceSeconds: number | undefined,
): FieldError[] {
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle[hook];
    return handler ? validateHandler(handler, `${field}.${hook}`, graceSeconds) : [];
  });
}

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** Problems of the three probes of one container. */
export function validateProbes(container: Container, field: string): FieldError[] {
  return (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((kind) => {
    const probe = container[kind];
    return probe ? validateProbe(probe, `${field}.${kind}`, kind === 'readinessProbe') : [];
  });
}

function validateProbe(probe: Probe, field: string, readiness: boolean): FieldError[] {
  const errors = validateHandler(probe, field, undefined);
  for (const count of COUNTS) errors.push(...notNegative(`${field}.${count}`, probe[count]));
  const grace = probe.terminationGracePeriodSeconds;
  const own = `${field}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0)
    errors.push(invalidValue(own, grace, 'must be greater than 0'));
  if (readiness && grace !== undefined)
    errors.push(invalidValue(own, grace, 'must not be set for readinessProbes'));
  if (!readiness && probe.successThreshold !== 1)
    errors.push(
      invalidValue(`${field}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'),
    );
  return errors;
}
