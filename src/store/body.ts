// An object's JSON as table attributes: plain, gzipped, or in parts beside the item; from a few KB on, gzip saves write units.
import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeObject } from '../kinds/pod.ts';
import { partItem, sealedItem } from './layout.ts';
import { toVersion } from './limits.ts';
import type { Attribute, Item, Table, TableWrite } from './table.ts';
import { present } from '../present.ts';

/** Below this size gzip costs more time than its saved write units are worth. */
const PLAIN_CHARACTERS = 4 * 1024;

/** A log entry holds the body before and after the write, and an item has at most 400 KB. */
const INLINE_BYTES = 180 * 1024;

const PART_BYTES = 350 * 1024;

/** Attribute `body` or `prev` of an item. The text has no resourceVersion: the item's number is the version. */
export type Body =
  | { json: string }
  | { gz: Uint8Array }
  | { parts: number; at: number; sealed?: true }
  /** In a partition of its own, under the number that wrote it. */
  | { sealedAt: number; which: 'body' | 'previous' };

/** A text that is ready for the table; its parts are written under a number that is taken later. */
export interface Packed {
  text: string;
  /** undefined: the text is stored in parts. */
  inline: { json: string } | { gz: Uint8Array } | undefined;
  gz: Uint8Array;
}

/** Moves a body out of an entry of the log: what the entry refers to instead, and the write of the body. */
export function seal(
  body: Body,
  number: number,
  which: 'body' | 'previous',
  expires: number,
): { body: Body; write: TableWrite } {
  return {
    body: { sealedAt: number, which },
    write: { put: { ...sealedItem(number, which), body, expires } },
  };
}

/** Compresses once, whatever the number will be. */
export function pack(json: string): Packed {
  if (json.length < PLAIN_CHARACTERS) return { text: json, inline: { json }, gz: new Uint8Array() };
  const gz = gzipSync(json, { level: 1 });
  return { text: json, inline: gz.length <= INLINE_BYTES ? { gz } : undefined, gz };
}

/** The body to store under `number`, and the writes of its parts. */
export function bodyUnder(
  packed: Packed,
  number: number,
  sealed: boolean,
): { body: Body; writes: TableWrite[] } {
  if (packed.inline) return { body: packed.inline, writes: [] };
  const parts = Math.ceil(packed.gz.length / PART_BYTES);
  const writes = Array.from({ length: parts }, (_, part) => ({
    put: {
      ...partItem(number, part, sealed),
      gz: packed.gz.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
    },
  }));
  return { body: present({ parts, at: number, sealed: sealed || undefined }), writes };
}

/** Parts of a replaced body stay as long as the log refers to them. */
export function expireParts(body: Body | undefined, expires: number): TableWrite[] {
  if (body === undefined || !('parts' in body)) return [];
  return Array.from({ length: body.parts }, (_, part) => ({
    update: partItem(body.at, part, body.sealed === true),
    expression: 'SET expires = :expires',
    values: { ':expires': expires },
  }));
}

/** The body attribute of a stored item; undefined where it has none. */
export function bodyOf(attribute: Attribute | undefined): Body | undefined {
  if (
    typeof attribute !== 'object' ||
    attribute === null ||
    Array.isArray(attribute) ||
    attribute instanceof Uint8Array
  )
    return undefined;
  const { json, gz, parts, at, sealed, sealedAt, which } = attribute;
  if (typeof json === 'string') return { json };
  if (gz instanceof Uint8Array) return { gz };
  if (sealedAt !== undefined)
    return { sealedAt: Number(sealedAt), which: which === 'previous' ? which : 'body' };
  return present({ parts: Number(parts), at: Number(at), sealed: sealed === true || undefined });
}

/** The JSON of a body; undefined where its parts have expired (the body was replaced long ago: the reader looks again). */
export async function unpack(
  table: Pick<Table, 'batchGet'>,
  body: Body,
): Promise<string | undefined> {
  if ('json' in body) return body.json;
  if ('gz' in body) return gunzipSync(body.gz).toString();
  if ('sealedAt' in body) {
    const [item] = await table.batchGet([sealedItem(body.sealedAt, body.which)]);
    const opened = bodyOf(item?.body);
    return opened && unpack(table, opened);
  }
  const items = await table.batchGet(
    Array.from({ length: body.parts }, (_, part) => partItem(body.at, part, body.sealed === true)),
  );
  const sorted = items.sort((a, b) => Number(a.sk) - Number(b.sk)).map(partBytes);
  return sorted.length === body.parts ? gunzipSync(Buffer.concat(sorted)).toString() : undefined;
}

const partBytes = ({ gz }: Item): Uint8Array => (gz instanceof Uint8Array ? gz : new Uint8Array());

/** The JSON without resourceVersion, which is the stored form. */
export function toText(object: KubeObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

const HEAD = '{"metadata":{';

/** The JSON of a stored text's object, with its version. The version is inserted into the text where that begins in the stored form. */
export function versionedText(text: string, number: number): string {
  if (!text.startsWith(`${HEAD}"`)) return JSON.stringify(toObject(text, number));
  return `${HEAD}"resourceVersion":"${toVersion(number)}",${text.slice(HEAD.length)}`;
}

/** The JSON of a body; a compressed one is unpacked at every call. undefined where the body is in parts. */
export function jsonOf(body: Body, number: number): (() => string) | undefined {
  if ('json' in body) return () => versionedText(body.json, number);
  if ('gz' in body) return () => versionedText(gunzipSync(body.gz).toString(), number);
  return undefined;
}

/** The object of a stored text, with its version. */
export const toObject = (text: string, number: number): KubeObject =>
  versioned(JSON.parse(text) as KubeObject, number);

/** The object under the number that it is stored with. */
export const versioned = (object: KubeObject, number: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: toVersion(number) },
});
