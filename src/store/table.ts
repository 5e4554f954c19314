// What the store asks of DynamoDB: one table with string keys `pk` and `sk`. src/aws/table.ts adapts the SDK.

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

/** What became of each write where the whole was cancelled: `None` was not at fault. */
export type WriteReason = 'None' | 'ConditionalCheckFailed' | 'TransactionConflict' | 'Throttled';

/** All reads are strongly consistent. */
export interface Table {
  get(key: ItemKey): Promise<Item | undefined>;
  /** Any number of keys; in no order, absent ones left out. */
  batchGet(keys: ItemKey[]): Promise<Item[]>;
  /** Items of one partition with `from` ≤ sk ≤ `to`, in order; at most about `limit`. `next`: where to go on. */
  query(query: {
    pk: string;
    from: string;
    to: string;
    limit?: number;
  }): Promise<{ items: Item[]; next?: string }>;
  /** All or nothing. A refusal is an answer; a throw leaves open whether it was written. */
  transact(writes: TableWrite[]): Promise<'written' | WriteReason[]>;
  /** Applies one update and answers the item as it is then. */
  update(
    key: ItemKey,
    expression: string,
    values: { [name: `:${string}`]: Attribute },
  ): Promise<Item>;
}
