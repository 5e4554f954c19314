// PutItem, UpdateItem and DeleteItem where the caller asks for the item that failed the condition, which dynalite does not show.
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import { present } from '../../../src/present.ts';
import type { DynamoContext } from './context.ts';
import { members } from './context.ts';
import { act, toAwsError } from './dynalite.ts';
import { overlayOn, storedItem, withLocks } from './overlay.ts';
import { keysByTable, placeOf } from './transaction.ts';

/** ReturnValuesOnConditionCheckFailure ALL_OLD puts the item beside the error. */
export function conditionalWrite(
  operation: 'PutItem' | 'UpdateItem' | 'DeleteItem',
): Operation<DynamoContext> {
  return async ({ store, check }, input) => {
    const { ReturnValuesOnConditionCheckFailure: returned, ...given } = members(input);
    try {
      const checked = check(operation, given, store);
      if (returned !== 'ALL_OLD') return await act(operation, store, checked);
      const place = await placeOf(
        store,
        String(checked.TableName),
        operation === 'PutItem' ? { item: checked.Item } : { key: checked.Key },
      );
      return await withLocks(store, keysByTable([place]), async () => {
        const existing = await storedItem(store, place.table.TableName, place.key);
        const overlay = overlayOn(store);
        const output = await act(operation, overlay.store, checked).catch((error: unknown) => {
          const failed = toAwsError(error, present({ Item: existing }));
          throw failed instanceof AwsError && failed.type !== 'ConditionalCheckFailedException'
            ? toAwsError(error)
            : failed;
        });
        await overlay.commit();
        return output;
      });
    } catch (error) {
      throw toAwsError(error);
    }
  };
}
