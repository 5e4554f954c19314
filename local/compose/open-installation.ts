// The installation of a data directory, adapted to this machine's bridge.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/system-clock.ts';
import { randomAccessKey, randomKey } from '../../src/aws/ids.ts';
import { connectDocker, dockerSocketPath } from '../docker/engine-api.ts';
import { bridgeGateway } from '../docker/system.ts';
import { loadInstallation, type Installation } from '../installation.ts';

/** The installation of an earlier start, or a new one with random keys. */
export async function openInstallation(directory: string): Promise<Installation> {
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const bridge = await bridgeGateway(docker);
  docker.close();
  return loadInstallation(directory, bridge, systemClock.now(), () => ({
    id: randomUUID(),
    adminToken: randomKey(),
    podletKey: randomKey(),
    accessKey: randomAccessKey(),
  }));
}
