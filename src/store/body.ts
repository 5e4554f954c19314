// An object's JSON as table attributes: plain, gzipped, or in parts beside the item; gzip saves write units from a few KB on.
import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeObject } from '../kinds/pod.ts';
import { partItem } from './layout.ts';
import { toVersion } from './limits.ts';
import type { Attribute, Item, Table, TableWrite } from './table.ts';

/** Below this the time for gzip is worth more than the write units. */
const PLAIN_CHARACTERS = 4 * 1024;

/** A log entry holds the body before and after, and an item at most 400 KB. */
const INLINE_BYTES = 180 * 1024;

const PART_BYTES = 350 * 1024;

/** Attribute `body` or `prev` of an item. The text has no resourceVersion: the item's number is it. */
export type Body = { json: string } | { gz: Uint8Array } | { parts: number; at: number };

/** A text made ready for the table; parts are written under the number that is taken later. */
export interface Packed {
  /** undefined: in parts. */
  inline: { json: string } | { gz: Uint8Array } | undefined;
  gz: Uint8Array;
}

/** Compresses once, whatever the number will be. */
export function pack(json: string): Packed {
  if (json.length < PLAIN_CHARACTERS) return { inline: { json }, gz: new Uint8Array() };
  const gz = gzipSync(json, { level: 1 });
  return { inline: gz.length <= INLINE_BYTES ? { gz } : undefined, gz };
}

/** The body to store under `number`, and the writes of its parts. */
export function bodyUnder(packed: Packed, number: number): { body: Body; writes: TableWrite[] } {
  if (packed.inline) return { body: packed.inline, writes: [] };
  const parts = Math.ceil(packed.gz.length / PART_BYTES);
  const writes = Array.from({ length: parts }, (_, part) => ({
    put: {
      ...partItem(number, part),
      gz: packed.gz.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
    },
  }));
  return { body: { parts, at: number }, writes };
}

/** Parts of a body that was replaced live on as long as the log shows them. */
export function expireParts(body: Body | undefined, expires: number): TableWrite[] {
  if (body === undefined || !('parts' in body)) return [];
  return Array.from({ length: body.parts }, (_, part) => ({
    update: partItem(body.at, part),
    expression: 'SET expires = :expires',
    values: { ':expires': expires },
  }));
}

/** The body attribute of a stored item; undefined: none. */
export function bodyOf(attribute: Attribute | undefined): Body | undefined {
  if (
    typeof attribute !== 'object' ||
    attribute === null ||
    Array.isArray(attribute) ||
    attribute instanceof Uint8Array
  )
    return undefined;
  const { json, gz, parts, at } = attribute;
  if (typeof json === 'string') return { json };
  if (gz instanceof Uint8Array) return { gz };
  return { parts: Number(parts), at: Number(at) };
}

/** The JSON of a body; undefined when parts are gone (replaced long ago: the reader looks again). */
export async function unpack(
  table: Pick<Table, 'batchGet'>,
  body: Body,
): Promise<string | undefined> {
  if ('json' in body) return body.json;
  if ('gz' in body) return gunzipSync(body.gz).toString();
  const items = await table.batchGet(
    Array.from({ length: body.parts }, (_, part) => partItem(body.at, part)),
  );
  const sorted = items.sort((a, b) => Number(a.sk) - Number(b.sk)).map(partBytes);
  return sorted.length === body.parts ? gunzipSync(Buffer.concat(sorted)).toString() : undefined;
}

const partBytes = ({ gz }: Item): Uint8Array => (gz instanceof Uint8Array ? gz : new Uint8Array());

/** JSON without resourceVersion, as bodies are stored. */
export function toText(object: KubeObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

const HEAD = '{"metadata":{';

/** The JSON of a stored text's object, with its version: written into the text where it begins as bodies do. */
export function versionedText(text: string, number: number): string {
  if (!text.startsWith(`${HEAD}"`)) return JSON.stringify(toObject(text, number));
  return `${HEAD}"resourceVersion":"${toVersion(number)}",${text.slice(HEAD.length)}`;
}

/** The JSON of a body; one that is packed is opened each time it is asked for. undefined: it lies in parts. */
export function jsonOf(body: Body, number: number): (() => string) | undefined {
  if ('json' in body) return () => versionedText(body.json, number);
  if ('gz' in body) return () => versionedText(gunzipSync(body.gz).toString(), number);
  return undefined;
}

/** The object of a stored text, with its version. */
export function toObject(text: string, number: number): KubeObject {
  const object = JSON.parse(text) as KubeObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: toVersion(number) } };
}
