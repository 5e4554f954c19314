// What the engine says about itself: is it there, and under which address its containers reach the machine.
import type { Docker } from './engine-api.ts';

/** Version of the engine; throws DockerError (status 0) when nothing listens. */
export async function engineVersion(
  docker: Docker,
): Promise<{ version: string; architecture: string }> {
  const answer: { Version: string; Arch: string } = JSON.parse(
    await docker.call('GET', '/version'),
  );
  return { version: answer.Version, architecture: answer.Arch };
}

/** The machine's address on the network that pods join (`bridge`). */
export async function bridgeGateway(docker: Docker): Promise<string> {
  const network: { IPAM?: { Config?: { Gateway?: string; Subnet?: string }[] } } = JSON.parse(
    await docker.call('GET', '/networks/bridge'),
  );
  const config = network.IPAM?.Config?.find(
    ({ Gateway, Subnet }) => Gateway?.includes('.') || Subnet?.includes('.'),
  );
  const gateway = config?.Gateway ?? firstAddress(config?.Subnet);
  if (gateway === undefined) throw new Error('the engine\'s network "bridge" has no IPv4 gateway');
  return gateway;
}

/** Engines that were started without `--bip` name only the subnet; the bridge takes its first address. */
function firstAddress(subnet: string | undefined): string | undefined {
  return subnet?.replace(/\.\d+\/\d+$/, '.1');
}
