// The addresses that the proxy subresource may reach: a pod's status is written from inside its task, and the server can reach places that
// pods cannot (registry/core/pod ResourceLocation: only global unicast).
import { BlockList, isIP } from 'node:net';

const REFUSED_V4: [string, number][] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
];
// AWS serves metadata of the machine and the task under fd00:ec2::/32 as well as under 169.254.
const REFUSED_V6: [string, number][] = [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
];

let refused: BlockList | undefined;

/** Made at the first question: most starts of a function are asked none. */
function refusedAddresses(): BlockList {
  if (refused !== undefined) return refused;
  refused = new BlockList();
  for (const [network, bits] of REFUSED_V4) refused.addSubnet(network, bits, 'ipv4');
  for (const [network, bits] of REFUSED_V6) refused.addSubnet(network, bits, 'ipv6');
  return refused;
}

/** Whether a request may be sent to this address; a name is never accepted. */
export function isProxyable(address: string): boolean {
  const family = isIP(address);
  return (
    family !== 0 &&
    !address.includes('%') &&
    !refusedAddresses().check(address, family === 4 ? 'ipv4' : 'ipv6')
  );
}
