// Sizes and sort orders of every store, including the fake of the tests.
import { ApiError } from '../errors.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import type { ObjectKey } from '../ports/store.ts';

/** etcd's --max-request-bytes: Kubernetes refuses objects of this size as well. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** Refuses JSON above MAX_OBJECT_BYTES. */
export function checkObjectSize(json: string): void {
  const bytes = json.length * 3 <= MAX_OBJECT_BYTES ? 0 : Buffer.byteLength(json);
  if (bytes > MAX_OBJECT_BYTES)
    throw new ApiError(
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${MAX_OBJECT_BYTES}`,
    );
}

/** The sort key of an object within its resource. Kubernetes sorts by storage key, in which `-` and `.` come before the `/`. */
export const objectName = ({ namespace, name }: Pick<ObjectKey, 'namespace' | 'name'>): string =>
  `${namespace}/${name}`;

/** Byte order of ASCII keys, as DynamoDB and etcd sort. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A number of the counter as a resourceVersion. */
export const toVersion = (number: number): ResourceVersion => String(number) as ResourceVersion;
