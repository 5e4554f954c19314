// The token of `aws eks get-token`: a presigned GetCallerIdentity, parsed without a request. Its content is trusted only once STS has answered.
import { isStsHost } from './sts-hosts.ts';

export const PREFIX = 'k8s-aws-v1.';
/** The header with the cluster's id; it must be signed, so that a token for one cluster does not work at another. */
export const CLUSTER_ID_HEADER = 'x-k8s-aws-id';

const MAX_BYTES = 4_096;
const MAX_EXPIRES_SECONDS = 900;
/** How long STS accepts a presigned GetCallerIdentity, whatever its X-Amz-Expires says. */
const LIFE_MS = 15 * 60 * 1000;

/** All query parameters of a presigned GetCallerIdentity; any other could make STS do something else. */
const PARAMETERS = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

export interface PresignedLogin {
  /** The cluster's id as the caller signed it. */
  url: string;
  accessKeyId: string;
  /** When STS stops accepting it. */
  expires: Date;
}

/** The login, or why the token is not one. The reason contains no part of the token, which is a credential. */
export function readLogin(
  token: string,
  { region, now }: { region: string; now: Date },
): PresignedLogin | { problem: string } {
  const url = urlOf(token);
  if (url === undefined) return { problem: 'it is no encoded URL' };
  // Parsed as text and not by a URL parser, which corrects and hides much: the text that is checked must be the text that is sent.
  const [, host, query] = /^https:\/\/([a-z0-9.-]+)\/\?([\w.~!$&'()*+,:=@/?%-]+)$/.exec(url) ?? [];
  if (host === undefined || query === undefined)
    return { problem: 'its URL is not one of an STS endpoint' };
  if (!isStsHost(host, region)) return { problem: 'its host is no STS endpoint' };
  const parameters = parametersOf(query);
  if (parameters === undefined) return { problem: 'its query is malformed' };
  return check(url, parameters, now);
}

function urlOf(token: string): string | undefined {
  if (Buffer.byteLength(token) > MAX_BYTES || !token.startsWith(PREFIX)) return undefined;
  const encoded = token.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64url');
  // Only one text per login: Node also accepts other alphabets, padding and trailing characters.
  return bytes.toString('base64url') === encoded ? bytes.toString('latin1') : undefined;
}

/** Parameters by lower-case name; undefined where one is duplicated, unknown or badly escaped. */
function parametersOf(query: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    const [name, value] = [decoded(pair.slice(0, Math.max(at, 0))), decoded(pair.slice(at + 1))];
    if (at < 0 || name === undefined || value === undefined) return undefined;
    const lower = name.toLowerCase();
    if (!PARAMETERS.has(lower) || found.has(lower)) return undefined;
    found.set(lower, value);
  }
  return found;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function check(
  url: string,
  parameters: Map<string, string>,
  now: Date,
): PresignedLogin | { problem: string } {
  const value = (name: string): string => parameters.get(name) ?? '';
  if (value('action') !== 'GetCallerIdentity') return { problem: 'it asks for another action' };
  const signed = value('x-amz-signedheaders').toLowerCase().split(';');
  if (!signed.includes(CLUSTER_ID_HEADER)) return { problem: 'the cluster id is not signed' };
  const seconds = value('x-amz-expires');
  if (!/^\d{1,3}$/.test(seconds) || Number(seconds) > MAX_EXPIRES_SECONDS)
    return { problem: 'its expiry is out of range' };
  const signedAt = dateOf(value('x-amz-date'));
  if (signedAt === undefined) return { problem: 'its date is malformed' };
  const expires = new Date(signedAt.getTime() + LIFE_MS);
  if (now.getTime() > expires.getTime()) return { problem: 'it has expired' };
  return { url, accessKeyId: value('x-amz-credential').split('/')[0] ?? '', expires };
}

/** AWS's basic ISO 8601; undefined for another form, or a day that the calendar lacks. */
function dateOf(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) || date.toISOString() !== iso ? undefined : date;
}
