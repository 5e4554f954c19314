// The typed door to dynalite's own rooms: its parsers and single-item actions on LevelDB, without its HTTP server.
// dynalite's internals are used by name, so the package is pinned to one version.
import { createRequire } from 'node:module';
import { present } from '../../../src/present.ts';
import { openDatabase, type Database, type DatabaseOptions } from '../../database.ts';
import type { Json } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { Parse } from './expression-cache.ts';
import { cachedParse } from './expression-cache.ts';

/** An item in DynamoDB's own JSON. */
export type Item = { [attribute: string]: Json };

/** Parsed input of an action; validation adds the parsed expressions as `_condition`, `_updates` …. */
export type Input = { [member: string]: unknown };

export type Callback<T = unknown> = (error: DynaliteError | null | undefined, value?: T) => void;
type Release = (done: Callback) => Callback;

/** dynalite's errors carry AWS's answer. */
type DynaliteError = Error & {
  statusCode?: number;
  body?: { __type: string; message?: string; Message?: string };
};

export interface Table {
  TableName: string;
  KeySchema: { AttributeName: string }[];
}

/** A prefixed part of the store: the items of a table, the entries of an index. */
export interface SubDb {
  lock(key: string | string[], exec: (release: Release) => void): void;
  get(key: string, callback: Callback<Item>): void;
  put(key: string, value: unknown, callback: Callback): void;
  del(key: string, callback: Callback): void;
}

export type BatchOperation =
  { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };

interface Level {
  /** Absent: in memory. */
  readonly location?: string;
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<unknown>;
  get(key: string, callback: Callback): void;
  getSync(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
  del(key: string): Promise<void>;
  batch(operations: BatchOperation[]): Promise<void>;
  iterator(range: { gt: string; lt: string }): AsyncIterable<[string, unknown]>;
}

export interface Store {
  options: { maxItemSize: number };
  db: Level;
  tableDb: SubDb;
  getItemDb(table: string): SubDb;
  getIndexDb(type: string, table: string, index: string): SubDb;
  getTable(name: string, checkStatus: boolean, callback: Callback<Table>): void;
  getTable(name: string, callback: Callback<Table>): void;
}

interface Db {
  create(options: {
    path?: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Store;
  createKey(item: unknown, table: Table, schema?: unknown): string;
  validateKey(key: unknown, table: Table): DynaliteError | undefined | null;
  validateItem(item: unknown, table: Table): DynaliteError | undefined | null;
  checkConditional(input: Input, existing: Item | undefined): DynaliteError | undefined | null;
  validationError(message: string): DynaliteError;
}

interface Validations {
  checkTypes(input: unknown, types: unknown): Input;
  checkValidations(input: Input, types: unknown, custom: unknown, store: Store): void;
}

/** What depends on the content; returns AWS's words, and adds the parsed expressions to the input. */
type Custom = ((input: Input, store: Store) => string | undefined) | undefined;
type Action = (store: Store, input: Input, callback: Callback<Json>) => void;

const require = createRequire(import.meta.url);

/** dynalite's key and condition functions. */
export const db: Db = require('dynalite/db');
const validations: Validations = require('dynalite/validations');

db.createKey = rememberedKeys(db.createKey);

for (const [name, changed] of [
  ['conditionParser', false],
  // An update resolves the values of its sections in place.
  ['updateParser', true],
] as const) {
  const parser: { parse: Parse } = require(`dynalite/db/${name}`);
  parser.parse = cachedParse(parser.parse, { changed });
}

/** Operations that dynalite serves itself, by their wire names. */
export const NATIVE = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'ListTagsOfResource',
  'UpdateItem',
  'UpdateTable',
] as const;

const fileOf = (operation: string): string =>
  operation.charAt(0).toLowerCase() + operation.slice(1);

const actions = new Map<string, { act: Action; types: unknown; custom: Custom }>(
  NATIVE.map((operation) => {
    const act: Action = require(`dynalite/actions/${fileOf(operation)}`);
    const { types, custom }: { types: unknown; custom: Custom } = require(
      `dynalite/validations/${fileOf(operation)}`,
    );
    return [operation, { act, types, custom }];
  }),
);

/** Opens the store: in a directory, or in memory without `path`. A directory that another process holds is refused. */
export async function openStore(
  path: string | undefined,
  options?: DatabaseOptions,
): Promise<{ store: Store; close(): Promise<void> }> {
  const store = db.create({
    ...present({ path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const database = isOnDisk(store.db) ? await openDatabase(store.db, options) : undefined;
  if (database === undefined) await store.db.open();
  else writeCounted(store.db, database);
  readInPlace(store.db);
  await activateTables(store);
  rememberTables(store);
  return { store, close: () => (database ?? store.db).close() };
}

const isOnDisk = (db: Level): db is Level & { readonly location: string } =>
  db.location !== undefined;

/** All of dynalite's writes take the database's single path. */
function writeCounted(db: Level, database: Database): void {
  const through = (operations: BatchOperation[], callback?: Callback): Promise<void> => {
    const written = database.write(
      operations.map((one) =>
        one.type === 'put' ? { ...one, value: JSON.stringify(one.value) } : one,
      ),
    );
    if (callback === undefined) return written;
    return written.then(
      () => void setImmediate(callback, null),
      (error: unknown) => void setImmediate(callback, error as DynaliteError),
    );
  };
  db.put = (key: string, value: unknown, callback?: Callback) =>
    through([{ type: 'put', key, value }], callback);
  db.del = (key: string, callback?: Callback) => through([{ type: 'del', key }], callback);
  db.batch = through;
}

/** A read from LevelDB's memory takes microseconds; a detour through the thread pool and setImmediate takes a hundred of them. */
function readInPlace(db: Level): void {
  function get(key: string): Promise<unknown>;
  function get(key: string, callback: Callback): void;
  function get(key: string, callback?: Callback): Promise<unknown> | void {
    const value = Promise.resolve().then(() => db.getSync(key));
    if (callback === undefined) return value;
    value.then((found) => callback(null, found), callback);
  }
  db.get = get;
}

/** A transaction needs the key of each of its items several times, and a key is a hash. */
function rememberedKeys(createKey: Db['createKey']): Db['createKey'] {
  const keys = new WeakMap<object, { table: string; key: string }>();
  return (item, table, schema) => {
    if (schema !== undefined || typeof item !== 'object' || item === null)
      return createKey(item, table, schema);
    const known = keys.get(item);
    if (known !== undefined && known.table === table.TableName) return known.key;
    const key = createKey(item, table);
    keys.set(item, { table: table.TableName, key });
    return key;
  };
}

/** Every action on an item asks for its table first, several times in a transaction; actions on tables read and change their own. */
function rememberTables(store: Store): void {
  const tables = new Map<string, Table>();
  const read = store.getTable.bind(store) as Store['getTable'];
  store.getTable = (name: string, status: boolean | Callback<Table>, given?: Callback<Table>) => {
    const callback = typeof status === 'function' ? status : given;
    if (callback === undefined) return;
    if (status === false) return read(name, false, callback);
    const known = tables.get(name);
    if (known !== undefined) return callback(null, known);
    read(name, true, (error, table) => {
      if (!error && table !== undefined) tables.set(name, table);
      callback(error, table);
    });
  };
  const { tableDb } = store;
  const [put, del] = [tableDb.put.bind(tableDb), tableDb.del.bind(tableDb)];
  // A read that overtakes a write returns what was there before it.
  const forgetting =
    (callback: Callback): Callback =>
    (error, value) => {
      tables.clear();
      callback(error, value);
    };
  tableDb.put = (key, value, callback) => put(key, value, forgetting(callback));
  tableDb.del = (key, callback) => del(key, forgetting(callback));
}

/** dynalite makes a table ACTIVE by a timer, which a killed process never runs. */
async function activateTables({ db }: Store): Promise<void> {
  for await (const [key, table] of db.iterator({ gt: 'table~', lt: 'table~\xff' })) {
    if (
      typeof table === 'object' &&
      table !== null &&
      'TableStatus' in table &&
      table.TableStatus === 'CREATING'
    )
      await db.put(key, { ...table, TableStatus: 'ACTIVE' });
  }
}

/** Checks an input before its table is looked at; throws dynalite's error. */
export type CheckInput = (operation: string, input: unknown, store: Store) => Input;

/** As AWS checks it. */
export const checkInput: CheckInput = (operation, input, store) => {
  const { types, custom } = actionOf(operation);
  const checked = validations.checkTypes(input, types);
  validations.checkValidations(checked, types, custom, store);
  return checked;
};

/**
 * The input of a caller in this process, whose types and members the compiler has checked: sizes, expressions and values are left to
 * check. The types alone take longer than all the rest of a write.
 */
export const checkContent: CheckInput = (operation, input, store) => {
  const checked = { ...(input as Input) };
  const problem = actionOf(operation).custom?.(checked, store);
  if (problem) throw db.validationError(problem);
  return checked;
};

function actionOf(operation: string): { act: Action; types: unknown; custom: Custom } {
  const known = actions.get(operation);
  if (known === undefined) throw new AwsError('UnknownOperationException', operation);
  return known;
}

/** Runs an action on checked input; `store` may be an overlay. */
export function act(operation: string, store: Store, input: Input): Promise<Json> {
  const known = actionOf(operation);
  return promise<Json>((callback) => known.act(store, input, callback)).then(
    (output) => output ?? {},
  );
}

/** The table; ResourceNotFoundException where there is none. */
export async function tableOf(store: Store, name: string): Promise<Table> {
  const table = await promise<Table>((callback) => store.getTable(name, true, callback));
  if (table === undefined)
    throw new AwsError(
      'ResourceNotFoundException',
      `Requested resource not found: Table: ${name} not found`,
    );
  return table;
}

/** A callback call as a promise. */
export function promise<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value))),
  );
}

/** dynalite's error as the endpoint's; anything else stays what it is. */
export function toAwsError(error: unknown, members: { [key: string]: Json } = {}): unknown {
  if (!isAnswer(error)) return error;
  const { __type, message, Message } = error.body;
  return new AwsError(
    __type.replace(/^.*#/, ''),
    message ?? Message ?? '',
    error.statusCode ?? 400,
    members,
  );
}

const isAnswer = (error: unknown): error is DynaliteError & Required<Pick<DynaliteError, 'body'>> =>
  error instanceof Error && 'body' in error && error.body !== undefined;
