// Pages of a list: the token is where the next page begins.
import { present } from '../../../src/present.ts';
import type { Input } from '../input.ts';
import { number, text } from '../input.ts';
import { AwsError } from '../protocol.ts';

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1000;

/** The page that `maxResults` and `nextToken` ask for, with the token of the one after it. */
export function page<T>(
  input: Input,
  all: readonly T[],
): { entries: readonly T[]; nextToken?: string } {
  const token = text(input, 'nextToken');
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const asked = number(input, 'maxResults') ?? 0;
  if (asked < 0 || asked > MAX_RESULTS)
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${asked}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to ${MAX_RESULTS}`,
    );
  const end = start + (asked || DEFAULT_RESULTS);
  return {
    entries: all.slice(start, end),
    ...present({ nextToken: end < all.length ? String(end) : undefined }),
  };
}
