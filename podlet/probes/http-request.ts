// The request of a probe or hook as bytes: the kubelet's headers, those of the manifest, and what Go refuses to send.
import type { RequestUrl } from './request-url.ts';

/** The request that led to this one: its `Host` is kept where the redirect named no other. */
export interface Hop {
  url: RequestUrl;
  relative: boolean;
}

type Header = { name: string; value: string };

/** Go writes these itself, whatever a manifest says. */
const OWN = ['host', 'content-length', 'transfer-encoding', 'trailer', 'connection'];

/** The request, or Go's words for a header that it does not send. */
export function requestBytes(
  url: RequestUrl,
  asked: readonly Header[],
  userAgent: string,
  from?: Hop,
): { bytes: Buffer } | { error: string } {
  const first = (name: string): string | undefined =>
    asked.find((header) => header.name.toLowerCase() === name)?.value;
  const wantedHost = from === undefined || from.relative ? (first('host') ?? '') : '';
  const host = wantedHost === '' ? url.authority : wantedHost;
  if (!/^[A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*$/.test(host))
    return { error: 'http: invalid Host header' };
  const rest = others(asked);
  if (first('accept') === undefined) rest.push({ name: 'Accept', value: '*/*' });
  if (
    from !== undefined &&
    first('referer') === undefined &&
    !(from.url.scheme === 'https' && url.scheme === 'http')
  )
    rest.push({ name: 'Referer', value: from.url.text });
  const lines: Header[] = [
    { name: 'Host', value: host },
    { name: 'User-Agent', value: first('user-agent') ?? userAgent },
    ...rest.sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name))),
  ];
  const bad = lines.find(({ name, value }) => !isName(name) || !isValue(value));
  if (bad !== undefined)
    return {
      error: isName(bad.name)
        ? `net/http: invalid header field value for ${JSON.stringify(bad.name)}`
        : `net/http: invalid header field name ${JSON.stringify(bad.name)}`,
    };
  const head = lines
    .filter(({ name, value }) => name !== 'User-Agent' || value !== '')
    .map(({ name, value }) => `${name}: ${value}`);
  return {
    bytes: Buffer.from(
      `${[`GET ${url.target} HTTP/1.1`, ...head, 'Connection: close'].join('\r\n')}\r\n\r\n`,
    ),
  };
}

/** An empty Accept means none at all. */
function others(asked: readonly Header[]): Header[] {
  const noAccept = asked.find(({ name }) => name.toLowerCase() === 'accept')?.value === '';
  return asked.flatMap(({ name, value }) => {
    const known = name.toLowerCase();
    return OWN.includes(known) || known === 'user-agent' || (noAccept && known === 'accept')
      ? []
      : [{ name: canonical(name), value }];
  });
}

/** As Go writes a header's name: each word begins with a capital letter. */
const canonical = (name: string): string =>
  isName(name) ? name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()) : name;

const isName = (name: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
const isValue = (value: string): boolean =>
  [...value].every((char) => char === '\t' || (char >= ' ' && char !== '\x7f'));
