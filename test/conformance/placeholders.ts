// Replaces what differs between any two runs (uids, times, versions, random suffixes) by placeholders, as in the recordings.
import { present } from '../../src/present.ts';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z(?!\d)/g;
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const VERSION =
  /(resourceVersion[\\"]*[=:] ?[\\"]*|resource version: |current: |in record \()\d+/gi;

const hideText = (text: string): string =>
  text
    .replace(TIME, '<time>')
    .replace(UID, '<uid>')
    .replace(VERSION, '$1<version>')
    .replace(/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<random>');

function hideString(value: string, key: string | undefined): string {
  if (key === 'resourceVersion' && value !== '') return '<version>';
  if (key === 'continue' && value !== '') return '<continue>';
  if (key === 'token') return '<token>';
  return hideText(value);
}

/** A body in the recordings' normal form. */
export function hide(value: unknown, key?: string): unknown {
  if (typeof value === 'string') return hideString(value, key);
  if (Array.isArray(value))
    return value.map((item: unknown) =>
      key === 'cells' && typeof item === 'string' && /^(\d+[smh])+$|^<invalid>$/.test(item)
        ? '<age>'
        : hide(item),
    );
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === 'managedFields' && Array.isArray(item) ? item.map(writerOf) : hide(item, name),
    ]),
  );
}

/** Of managedFields only the writer counts. */
const writerOf = (entry: {
  manager?: string;
  operation?: string;
  subresource?: string;
}): unknown => ({
  manager: entry.manager,
  operation: entry.operation,
  ...present({ subresource: entry.subresource || undefined }),
});
