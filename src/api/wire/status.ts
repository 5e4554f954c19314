// The only place where errors become answers: an ApiError becomes a metav1.Status; any other error becomes "internal error".
import { ApiError } from '../../errors.ts';
import type { ApiErrorDetails } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';

/** The members of `details` that are set, in Kubernetes' order; undefined where there are no details. */
function detailsOf(details: ApiErrorDetails): { [member: string]: unknown } | undefined {
  const { name, group, kind, uid, causes, retryAfterSeconds } = details;
  const [plural, ...suffix] = kind?.split('.') ?? [];
  const split = group === undefined && suffix.length > 0;
  const shown = {
    ...present({
      name: name || undefined,
      group: split ? suffix.join('.') : group || undefined,
      kind: kind ? (split ? plural : kind) : undefined,
      uid: uid || undefined,
      causes: causes && causes.length > 0 ? causes : undefined,
      retryAfterSeconds: retryAfterSeconds ? retryAfterSeconds : undefined,
    }),
  };
  return Object.keys(shown).length > 0 || details.empty === true ? shown : undefined;
}

/** A failure as a Status. The text of errors other than ApiError is not shown. */
export function toStatus(error: unknown): {
  code: number;
  status: KubeObject;
  retryAfterSeconds?: number;
} {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError('InternalError', 'Internal error occurred: internal error', {
          causes: [{ message: 'internal error' }],
        });
  const details = detailsOf(known.details);
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: present({ continue: known.details.continue }),
    status: 'Failure',
    message: known.message,
    ...present({ reason: known.reason === '' ? undefined : known.reason, details }),
    code: known.code,
  } as KubeObject;
  const retryAfterSeconds = known.details.retryAfterSeconds;
  return {
    code: known.code,
    status,
    ...present({ retryAfterSeconds: retryAfterSeconds ? retryAfterSeconds : undefined }),
  };
}

/** The Status Success that deletes and subresource creates answer. */
export const success = (
  fields: { details?: { [member: string]: unknown }; code?: number } = {},
): KubeObject => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...fields });
