// What `up` and `test` need before anything runs: the engine, the podlet's image and a busybox image.
import { ensurePodletImage } from '../../podlet/image/image.ts';
import { ensureBusyboxImage } from '../docker/busybox-image.ts';
import { connectDocker, dockerSocketPath, type Docker } from '../docker/engine-api.ts';
import { importImage, inspectImage } from '../docker/images.ts';
import { engineVersion } from '../docker/system.ts';
import { ensureEngine, ensureGo, ensureStaticBusybox, type Say } from './install.ts';
import type { Place } from './place.ts';

/** Safe to call again, and quick (well under a second) when nothing is missing. Returns the podlet's image. */
export async function setUp(place: Place, say: Say): Promise<string> {
  await ensureEngine(place, say);
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  try {
    await setUpBusybox(docker, say);
    return await setUpPodlet(docker, say);
  } finally {
    docker.close();
  }
}

async function setUpBusybox(docker: Docker, say: Say): Promise<void> {
  if (await inspectImage(docker, 'busybox:latest')) return;
  say('getting the image busybox …');
  await ensureStaticBusybox(say);
  if ((await ensureBusyboxImage(docker)) === 'built')
    say("no image registry can be reached: busybox was made from this machine's static busybox");
}

async function setUpPodlet(docker: Docker, say: Say): Promise<string> {
  const { architecture } = await engineVersion(docker);
  return ensurePodletImage({
    architecture: architecture === 'arm64' ? 'arm64' : 'amd64',
    hasImage: async (reference) => (await inspectImage(docker, reference)) !== undefined,
    importImage: async (into, tar, changes) => importImage(docker, into, tar, changes),
    prepare: () => ensureGo(say),
    log: say,
  });
}
