// The one owner of decoders' errors: whatever a reader of a body throws is the body's fault and answers 400.
import { ApiError } from '../../errors.ts';
import { DecodeError } from './decode.ts';
import { ParseError } from './json.ts';

/** What `read` makes of a body. Its own answers (ApiError) pass; anything else becomes a 400 whose text follows `head`. */
export function decoding<T>(head: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('BadRequest', `${head}${problemOf(error)}`, { cause: error });
  }
}

function problemOf(error: unknown): string {
  if (error instanceof DecodeError || error instanceof ParseError) return error.message;
  // The stack is used up where a value is nested deeper than any object is.
  if (error instanceof RangeError && error.message.includes('call stack'))
    return 'exceeded max depth';
  // A fault of the decoder's own: the caller does not see it, the log does.
  console.error('a body could not be decoded:', error);
  return 'the body cannot be decoded';
}
