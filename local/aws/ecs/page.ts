// Pages of list operations: `nextToken` is the last entry of the previous page.
import { AwsError } from '../protocol.ts';
import { number, text, type Input } from '../input.ts';

const PAGE_SIZE = 100;

/** The part of `all` (without duplicates) that the input asks for. */
export function page(
  all: string[],
  input: Input,
): { part: string[]; nextToken: string | undefined } {
  const size = number(input, 'maxResults') ?? PAGE_SIZE;
  if (size < 1 || size > PAGE_SIZE)
    throw new AwsError(
      'InvalidParameterException',
      `maxResults must be between 1 and ${PAGE_SIZE}`,
    );
  const token = text(input, 'nextToken');
  const start = token ? all.indexOf(token) + 1 : 0;
  if (token && start === 0) throw new AwsError('InvalidParameterException', 'Invalid token');
  const part = all.slice(start, start + size);
  return { part, nextToken: start + size < all.length ? part.at(-1) : undefined };
}
