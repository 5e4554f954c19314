// What the engine says about itself: whether it runs, and the address at which its containers reach the host.
import type { Docker } from './engine-api.ts';

/** Version of the engine; throws DockerError (status 0) when it cannot be reached. */
export async function engineVersion(
  docker: Docker,
): Promise<{ version: string; architecture: string }> {
  const answer: { Version: string; Arch: string } = JSON.parse(
    await docker.call('GET', '/version'),
  );
  return { version: answer.Version, architecture: answer.Arch };
}

/** The host's address on the network that pods join (`bridge`). */
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

/** Engines started without `--bip` report only the subnet; the bridge takes its first address. */
function firstAddress(subnet: string | undefined): string | undefined {
  return subnet?.replace(/\.\d+\/\d+$/, '.1');
}
