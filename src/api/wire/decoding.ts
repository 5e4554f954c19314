// The only place where decoders' errors are translated: any error while a body is read is the body's fault, hence a 400.
import { ApiError } from '../../errors.ts';
import { DecodeError } from './decode.ts';
import { ParseError } from './json.ts';

/** The result of `read` on a body. Its own refusals (ApiError) pass; any other error becomes a 400 whose text follows `head`. */
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
  // The stack overflows on a value that is nested deeper than any object.
  if (error instanceof RangeError && error.message.includes('call stack'))
    return 'exceeded max depth';
  // A bug in the decoder: the caller does not see it; the log shows the cause of the answer.
  return 'the body cannot be decoded';
}
