// Resolves the API's name by the node's servers: the pod's resolv.conf, which the podlet's container shares, may name others or none.
import type { Resolver } from 'node:dns/promises';

/** How long an address is used: connections are kept for each. */
const KEEP_MS = 60_000;
/** A URL's host that is no name. */
const IS_ADDRESS = /^[\d.]+$|:/;

/** A look-up by the servers in this resolv.conf, which resolves with undefined where they know no address; undefined: it names none. */
export function nodeLookup(
  resolvConf: string | undefined,
  now: () => number = () => Date.now(),
): ((hostname: string) => Promise<string | undefined>) | undefined {
  const servers = [...(resolvConf ?? '').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(
    ([, server = '']) => server,
  );
  if (servers.length === 0) return undefined;
  // Loaded at the first name: an address needs none of it.
  let resolver: Promise<Resolver> | undefined;
  let known: { hostname: string; address: string; at: number } | undefined;
  return async (hostname) => {
    if (IS_ADDRESS.test(hostname)) return undefined;
    if (known?.hostname === hostname && now() - known.at < KEEP_MS) return known.address;
    known = undefined;
    const addresses = await (resolver ??= load(servers))
      .then((loaded) => loaded.resolve4(hostname))
      // The system's own look-up says what is wrong.
      .catch(() => []);
    const [address] = addresses;
    if (address !== undefined) known = { hostname, address, at: now() };
    return address;
  };
}

async function load(servers: string[]): Promise<Resolver> {
  const [{ Resolver: NamedResolver }, { isIP }] = await Promise.all([
    import('node:dns/promises'),
    import('node:net'),
  ]);
  const resolver = new NamedResolver({ timeout: 2_000, tries: 2 });
  resolver.setServers(servers.filter((server) => isIP(server) !== 0));
  return resolver;
}
