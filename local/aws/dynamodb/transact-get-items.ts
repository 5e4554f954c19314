// TransactGetItems: up to 100 items read as of one moment.
import type { Json, Operation } from '../protocol.ts';
import type { DynamoContext } from './context.ts';
import { members, validationError } from './context.ts';
import { act, toAwsError } from './dynalite.ts';
import { overlayOn, withLocks } from './overlay.ts';
import { checkDistinct, checkLength, keysByTable, placeOf } from './transaction.ts';

/** Waits for writers of the same items, so no half of a transaction is seen. */
export const transactGetItems: Operation<DynamoContext> = async ({ store, check }, input) => {
  const gets = checkLength(members(input).TransactItems).map((item) => {
    const get = members(item).Get;
    if (get === undefined) throw validationError('TransactItems must contain Get');
    return get;
  });
  try {
    const inputs = gets.map((get) => check('GetItem', get, store));
    const places = await Promise.all(
      inputs.map((get) => placeOf(store, String(get.TableName), { key: get.Key })),
    );
    checkDistinct(places);
    return await withLocks(store, keysByTable(places), async () => {
      const { store: reads } = overlayOn(store);
      const responses: Json[] = [];
      for (const get of inputs) responses.push(await act('GetItem', reads, get));
      return { Responses: responses };
    });
  } catch (error) {
    throw toAwsError(error);
  }
};
