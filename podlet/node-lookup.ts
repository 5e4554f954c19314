// Resolves the API's name by the node's servers: the pod's resolv.conf, which the podlet's container shares, may name others or none.
import type { LookupAddress, Resolver } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** A lookup by the servers in this resolv.conf, then by the system; undefined: it names none. */
export function nodeLookup(resolvConf: string | undefined): LookupFunction | undefined {
  const servers = [...(resolvConf ?? '').matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(
    ([, server = '']) => (isIP(server) === 0 ? [] : [server]),
  );
  if (servers.length === 0) return undefined;
  // Loaded at the first name: an address needs none of it.
  let dns: Promise<{ lookup: LookupFunction; resolver: Resolver }> | undefined;
  return (hostname, options, callback) => {
    (dns ??= load(servers)).then(
      ({ lookup, resolver }) =>
        resolver.resolve4(hostname, (error, addresses) => {
          const found = addresses?.map((address): LookupAddress => ({ address, family: 4 })) ?? [];
          if (error !== null || found[0] === undefined) return lookup(hostname, options, callback);
          return options.all === true ? callback(null, found) : callback(null, found[0].address, 4);
        }),
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

async function load(servers: string[]): Promise<{ lookup: LookupFunction; resolver: Resolver }> {
  const { lookup, Resolver } = await import('node:dns');
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers(servers);
  return { lookup, resolver };
}
