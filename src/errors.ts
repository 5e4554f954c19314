// The error types: ApiError becomes a metav1.Status in src/api/wire/status.ts; the named errors at the end are those that
// statemachines/pod.asl.yaml may retry or catch.
import { present } from './present.ts';

/** A reason of metav1.Status and its HTTP code (apimachinery `metav1.StatusReason`). */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof CODES;

/** One cause in `status.details.causes`; `field` is a path such as `spec.containers[0].image`. */
export interface Cause {
  reason?: string;
  message: string;
  field?: string;
}

export interface ApiErrorDetails {
  /** `details.name`. */
  name?: string;
  /** `details.kind`: the resource (`pods`), except for Invalid, where Kubernetes puts the kind (`Pod`). */
  kind?: string;
  group?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
  /** HTTP code where it differs from the reason's own. */
  code?: number;
  /** `metadata.continue`: with it the caller may go on in an expired list. */
  continue?: string;
  /** `details` is present though empty, as in responses of Kubernetes' router. */
  empty?: boolean;
  cause?: unknown;
}

/** A response to an API caller; any other error is sent as InternalError "internal error". */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** Empty string where Kubernetes leaves the reason out. */
    readonly reason: Reason | '',
    message: string,
    readonly details: ApiErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }

  get code(): number {
    return this.details.code ?? (this.reason === '' ? 500 : CODES[this.reason]);
  }
}

/** `resource` is the plural with its group, e.g. `pods`, `deployments.apps`. */
export const notFound = (resource: string, name: string): ApiError =>
  new ApiError('NotFound', `${resource} "${name}" not found`, { name, kind: resource });

export const alreadyExists = (resource: string, name: string): ApiError =>
  new ApiError('AlreadyExists', `${resource} "${name}" already exists`, { name, kind: resource });

export const conflict = (
  resource: string,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError =>
  new ApiError('Conflict', `Operation cannot be fulfilled on ${resource} "${name}": ${why}`, {
    name,
    kind: resource,
  });

export const badRequest = (message: string): ApiError => new ApiError('BadRequest', message);

export const forbidden = (resource: string, name: string, why: string): ApiError =>
  new ApiError('Forbidden', `${resource} "${name}" is forbidden: ${why}`, { name, kind: resource });

/** A problem with one field; validation collects them all before it refuses. */
export interface FieldError {
  field: string;
  /** FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueDuplicate, FieldValueNotFound, FieldValueForbidden, FieldValueTooLong, FieldValueTooMany. */
  reason: string;
  /** Text after the path, e.g. `Invalid value: 0: must be between 1 and 65535, inclusive`. */
  message: string;
}

/** The most findings that a response lists; each may quote a long value. */
const MAX_FIELD_ERRORS = 1000;

/** 422 for `kind` `name`; equal lines appear once in the message but stay in the causes. */
export function invalid(
  kind: string,
  name: string,
  findings: readonly FieldError[],
  group?: string,
): ApiError {
  const errors = findings.slice(0, MAX_FIELD_ERRORS);
  const lines = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const qualified = group ? `${kind}.${group}` : kind;
  return new ApiError('Invalid', `${qualified} "${name}" is invalid: ${list}`, {
    name,
    kind,
    ...present({ group: group || undefined }),
    causes: errors.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}

/** A write met a newer version or record; the caller reads again and retries. Never leaves the API as such. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}

/** The log no longer reaches back to the requested version (410 for clients). */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
}

/** A fault that the state machine retries: a dependency did not answer or throttled. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Names that `Retry` and `Catch` of the state machine may list beside AWS's own. */
export const MACHINE_ERRORS = ['Unavailable', 'StoreConflict'] as const;
