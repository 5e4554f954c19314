// Operations that dynalite serves alone.
import type { Operation } from '../protocol.ts';
import type { DynamoContext } from './context.ts';
import { act, toAwsError } from './dynalite.ts';

/** The operation as dynalite does it, its errors as the endpoint's. */
export function native(operation: string): Operation<DynamoContext> {
  return async ({ store, check }, input) => {
    try {
      return await act(operation, store, check(operation, input, store));
    } catch (error) {
      throw toAwsError(error);
    }
  };
}
