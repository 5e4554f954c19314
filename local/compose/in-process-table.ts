// The store's table on the DynamoDB in this process: operations go to it directly, without the SDK's client and its JSON,
// which take as long as the rest of a write.
import type { Table } from '../../src/store/table.ts';
import type { Carrier } from '../../src/store/wire-table.ts';
import { wireTable } from '../../src/store/wire-table.ts';
import { plainMembers, typedMembers } from '../aws/dynamodb/attribute-values.ts';
import type { Dynamo } from '../aws/dynamodb/create-dynamo.ts';
import { AwsError } from '../aws/protocol.ts';

/** `retrying` is the same table through the SDK: errors other than DynamoDB's own refusals are retried there, as the SDK does. */
export function inProcessTable(dynamo: Pick<Dynamo, 'call'>, name: string, retrying: Table): Table {
  const direct = wireTable(carrierTo(dynamo), name);
  const orRetried = <T>(attempt: Promise<T>, again: () => Promise<T>): Promise<T> =>
    attempt.catch((error: unknown) => {
      if (error instanceof Refused) throw error;
      return again();
    });
  return {
    get: (key) => orRetried(direct.get(key), () => retrying.get(key)),
    batchGet: (keys) => orRetried(direct.batchGet(keys), () => retrying.batchGet(keys)),
    query: (query) => orRetried(direct.query(query), () => retrying.query(query)),
    transact: (writes) => orRetried(direct.transact(writes), () => retrying.transact(writes)),
    update: (key, expression, values) =>
      orRetried(direct.update(key, expression, values), () =>
        retrying.update(key, expression, values),
      ),
  };
}

/** A refusal by DynamoDB, under the SDK's name for it. */
class Refused extends Error {
  readonly CancellationReasons: unknown;
  constructor(error: AwsError) {
    super(error.message, { cause: error });
    this.name = error.type;
    this.CancellationReasons = error.members['CancellationReasons'];
  }
}

const carrierTo = (dynamo: Pick<Dynamo, 'call'>): Carrier => ({
  call: (operation, input) =>
    dynamo.call(operation, input).catch((error: unknown) => {
      throw error instanceof AwsError ? new Refused(error) : error;
    }) as Promise<never>,
  toWire: typedMembers,
  fromWire: plainMembers,
});
