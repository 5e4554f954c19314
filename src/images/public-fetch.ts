// A fetch for functions on AWS: a registry and every redirect must have a public address. Near a function are its runtime's port, its
// role's credentials and its network's neighbours, none of which a registry may make it call.
import { BlockList, isIP } from 'node:net';
import type { Fetch } from './registry-session.ts';

/** All addresses of a name. */
export type Lookup = (host: string) => Promise<{ address: string; family: number }[]>;

const MAX_REDIRECTS = 10;

/** IANA's special-purpose registries, as far as they hold addresses that are not public. */
const closed = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  closed.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 96],
  // Ways to write an IPv4 address: NAT64, 6to4, Teredo.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  closed.addSubnet(net, prefix, 'ipv6');

/** Whether an address is reachable by everybody: not loopback, link-local, private, shared, reserved or multicast. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  // BlockList checks ::ffff:a.b.c.d by its IPv4 rules.
  return family !== 0 && !closed.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** A request that follows redirects itself, refuses every hop to a non-public address, and never sends the credential to another host. */
export function publicFetch(
  fetch: (url: string, init: Parameters<Fetch>[1] & { redirect: 'manual' }) => Promise<Response>,
  lookup: Lookup,
): Fetch {
  return async (url, { method, headers }) => {
    let target = new URL(url);
    let sent = headers;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      await refusePrivate(target, lookup);
      const response = await fetch(target.href, { method, headers: sent, redirect: 'manual' });
      const location =
        response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
      if (location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, target);
      // It stays removed: a later hop back to the first host goes without it.
      if (next.origin !== target.origin) sent = withoutCredential(sent);
      target = next;
    }
    throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
  };
}

const withoutCredential = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
  );

/** A name may resolve differently for the connection itself; an internal host then lacks a certificate for it. */
async function refusePrivate({ protocol, hostname }: URL, lookup: Lookup): Promise<void> {
  if (protocol !== 'https:')
    throw new Error(`${protocol}//${hostname} is not asked: a registry on AWS speaks https`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) !== 0 ? [host] : (await lookup(host)).map(({ address }) => address);
  const inside = addresses.find((address) => !isPublicAddress(address));
  if (inside !== undefined)
    throw new Error(`${hostname} leads to ${inside}, which is not a public address`);
}
