// Reads a batch of the table's stream as changes of the log. Lambda passes the items' images as DynamoDB JSON, with bytes in base64.
import type { LogEntry } from '../ports/store.ts';
import { isMap } from '../own.ts';
import { readEntry } from '../store/log.ts';
import type { Attribute, Item, Table } from '../store/table.ts';

/** The changes in the batch; items that are not log entries are left out. */
export async function streamChanges(
  table: Pick<Table, 'batchGet'>,
  records: readonly unknown[],
): Promise<LogEntry[]> {
  const entries = await Promise.all(
    records.map((record) => {
      const change = isMap(record) ? record['dynamodb'] : undefined;
      const image = isMap(change) ? change['NewImage'] : undefined;
      return isMap(image) ? readEntry(table, itemOf(image)) : undefined;
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

function itemOf(image: { [name: string]: unknown }): Item {
  const members = Object.entries(image).map(([name, value]) => [name, attributeOf(value)] as const);
  return { pk: '', sk: '', ...Object.fromEntries(members) };
}

function attributeOf(value: unknown): Attribute {
  const [type, content] = isMap(value) ? (Object.entries(value)[0] ?? []) : [];
  switch (type) {
    case 'N':
      return Number(content);
    case 'BOOL':
      return content === true;
    case 'B':
      return Buffer.from(String(content), 'base64');
    case 'M':
      return isMap(content)
        ? Object.fromEntries(Object.entries(content).map(([name, one]) => [name, attributeOf(one)]))
        : {};
    case 'L':
      return Array.isArray(content) ? content.map(attributeOf) : [];
    default:
      return String(content);
  }
}
