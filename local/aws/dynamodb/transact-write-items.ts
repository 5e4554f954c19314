// TransactWriteItems: up to 100 puts, updates, deletes and condition checks, all or nothing.
import { createHash } from 'node:crypto';
import type { Json, Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { DynamoContext, Members } from './context.ts';
import { members, validationError } from './context.ts';
import type { Input, Store } from './dynalite.ts';
import { act, db, toAwsError } from './dynalite.ts';
import { overlayOn, storedItem, withLocks } from './overlay.ts';
import type { Place, Reason } from './transaction.ts';
import {
  canceled,
  checkDistinct,
  checkLength,
  keysByTable,
  placeOf,
  reasonOf,
} from './transaction.ts';

/** ClientRequestToken is remembered for ten minutes. */
const TOKEN_MS = 10 * 60 * 1000;

interface Write {
  kind: 'Put' | 'Update' | 'Delete' | 'ConditionCheck';
  input: Input;
  place: Place;
  returnItem: boolean;
}

const ACTIONS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'DeleteItem',
} as const;

/** The same token with the same content answers without writing twice. */
export const transactWriteItems: Operation<DynamoContext> = async (context, input) => {
  const { ClientRequestToken: token, TransactItems } = members(input);
  if (typeof token !== 'string') return write(context, TransactItems);
  const at = context.clock.now().getTime();
  forget(context, at);
  const content = createHash('sha256').update(JSON.stringify(TransactItems)).digest('base64');
  const known = context.tokens.get(token);
  if (known && known.content !== content) {
    throw new AwsError(
      'IdempotentParameterMismatchException',
      'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical',
    );
  }
  if (known) return known.output;
  const output = write(context, TransactItems);
  context.tokens.set(token, { content, at, output });
  // A cancelled transaction wrote nothing: its token is free again.
  return output.catch((error: unknown) => {
    context.tokens.delete(token);
    throw error;
  });
};

function forget({ tokens }: DynamoContext, now: number): void {
  for (const [token, { at }] of tokens) {
    if (now - at < TOKEN_MS) return;
    tokens.delete(token);
  }
}

type Engine = Pick<DynamoContext, 'store' | 'check'>;

async function write({ store, check }: Engine, transactItems: unknown): Promise<Json> {
  const writes = await Promise.all(
    checkLength(transactItems).map((item) => parseWrite({ store, check }, members(item))),
  );
  const places = writes.map(({ place }) => place);
  checkDistinct(places);
  return withLocks(store, keysByTable(places), async () => {
    const overlay = overlayOn(store);
    const reasons: Reason[] = [];
    for (const one of writes) reasons.push(await attempt(overlay.store, one));
    if (reasons.some(({ Code }) => Code !== 'None')) throw canceled(reasons);
    await overlay.commit();
    return {};
  });
}

async function parseWrite({ store, check }: Engine, item: Members): Promise<Write> {
  const kinds = (Object.keys(ACTIONS) as Write['kind'][]).filter(
    (kind) => item[kind] !== undefined,
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  const { ReturnValuesOnConditionCheckFailure: returned, ...given } = members(item[kind]);
  if (kind === 'Update' && typeof given.UpdateExpression !== 'string')
    throw validationError('The expression can not be empty;');
  try {
    const input = check(ACTIONS[kind], given, store);
    const place = await placeOf(
      store,
      String(input.TableName),
      kind === 'Put' ? { item: input.Item } : { key: input.Key },
    );
    return { kind, input, place, returnItem: returned === 'ALL_OLD' };
  } catch (error) {
    throw toAwsError(error);
  }
}

async function attempt(store: Store, { kind, input, place, returnItem }: Write): Promise<Reason> {
  // The other actions read the item themselves.
  const existing =
    kind === 'ConditionCheck' || returnItem
      ? await storedItem(store, place.table.TableName, place.key)
      : undefined;
  try {
    const failed = kind === 'ConditionCheck' ? db.checkConditional(input, existing) : undefined;
    if (failed) throw failed;
    if (kind !== 'ConditionCheck') await act(ACTIONS[kind], store, input);
    return { Code: 'None' };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    const shown = returnItem && reason.Code === 'ConditionalCheckFailed' && existing !== undefined;
    return shown ? { ...reason, Item: existing } : reason;
  }
}
