// Resolves the API's name by the node's servers: the pod's resolv.conf, which the podlet's container shares, may name others or none.
import type { Resolver } from 'node:dns/promises';

/** After these times the servers are asked again, beside the requests; the second where they knew no address. */
const KEEP_MS = 60_000;
const KEEP_NOTHING_MS = 5_000;
/** A URL's host that is no name. */
const IS_ADDRESS = /^[\d.]+$|:/;

export interface NodeLookup {
  /** An IPv4 address of the name; undefined: it is one itself, or the servers know none, and the system's own look-up shall say why. */
  address(hostname: string): Promise<string | undefined>;
  /** A request to this address failed: the next call gives another if there is one, and the servers are asked again. */
  failed(address: string): void;
}

/** A look-up by the servers in this resolv.conf; undefined: it names none. An address is used until it fails or is no longer the name's. */
export function nodeLookup(
  resolvConf: string | undefined,
  now: () => number = () => Date.now(),
): NodeLookup | undefined {
  const servers = [...(resolvConf ?? '').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(
    ([, server = '']) => server,
  );
  if (servers.length === 0) return undefined;
  // Loaded at the first name: an address needs none of it.
  let resolver: Promise<Resolver> | undefined;
  let known: { addresses: string[]; at: number } | undefined;
  let asking: Promise<void> | undefined;
  const ask = async (hostname: string): Promise<void> => {
    const found = await (resolver ??= load(servers))
      .then((loaded) => loaded.resolve4(hostname))
      // Away, or no such name: what was known is used on.
      .catch(() => known?.addresses ?? []);
    const [used] = known?.addresses ?? [];
    // Connections to it are kept.
    const first = used !== undefined && found.includes(used) ? [used] : [];
    known = { addresses: [...new Set([...first, ...found])], at: now() };
  };
  return {
    async address(hostname) {
      if (IS_ADDRESS.test(hostname)) return undefined;
      const age = now() - (known?.at ?? -Infinity);
      if (age >= (known?.addresses.length === 0 ? KEEP_NOTHING_MS : KEEP_MS))
        asking ??= ask(hostname).finally(() => (asking = undefined));
      if (known === undefined) await asking;
      return known?.addresses[0];
    },
    failed(address) {
      if (known?.addresses[0] !== address) return;
      known = { addresses: [...known.addresses.slice(1), address], at: -Infinity };
    },
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
