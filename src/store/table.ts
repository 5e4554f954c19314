// The operations that the store needs from DynamoDB: one table with the string keys `pk` and `sk`. src/aws/table.ts adapts the SDK.

export type Attribute =
  | string
  | number
  | boolean
  | Uint8Array
  | null
  | Attribute[]
  | { [name: string]: Attribute | undefined };

export interface ItemKey {
  pk: string;
  sk: string;
}

export type Item = ItemKey & { [attribute: string]: Attribute | undefined };

/** A DynamoDB condition expression and its `:values`. */
export interface Condition {
  expression: string;
  values?: { [name: `:${string}`]: Attribute };
}

export type TableWrite =
  | { put: Item; condition?: Condition }
  | {
      update: ItemKey;
      expression: string;
      values: { [name: `:${string}`]: Attribute };
      condition?: Condition;
    }
  | { remove: ItemKey; condition?: Condition };

/** The result of each write of a cancelled transaction: `None` was not at fault. */
export type WriteReason = 'None' | 'ConditionalCheckFailed' | 'TransactionConflict' | 'Throttled';

/** All reads are strongly consistent. */
export interface Table {
  get(key: ItemKey): Promise<Item | undefined>;
  /** Any number of keys; the items come in any order, missing ones are left out. */
  batchGet(keys: ItemKey[]): Promise<Item[]>;
  /** Items of one partition with `from` ≤ sk ≤ `to`, in order; about `limit` at most. `next`: where to continue. */
  query(query: {
    pk: string;
    from: string;
    to: string;
    limit?: number;
  }): Promise<{ items: Item[]; next?: string }>;
  /** All or nothing. A refusal is a return value; after a throw it is unknown whether it was written. */
  transact(writes: TableWrite[]): Promise<'written' | WriteReason[]>;
  /** Applies one update and returns the item after it. */
  update(
    key: ItemKey,
    expression: string,
    values: { [name: `:${string}`]: Attribute },
  ): Promise<Item>;
}
