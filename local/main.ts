// Starts local mode: the same functions and state machine as on AWS, on AWS endpoints inside this process.
// It only wires; the parts are in local/compose.
// See docs/design/local.md.
import { setMaxListeners } from 'node:events';
import { bootstrapObjects } from '../src/api/bootstrap.ts';
import { systemClock } from '../src/system-clock.ts';
import type { AccessKey } from './aws/signature.ts';
import { openCore, type Core } from './compose/core.ts';
import { createDoors } from './compose/doors.ts';
import { openListeners } from './compose/listeners.ts';
import { openInstallation } from './compose/open-installation.ts';
import type { LocalOptions } from './compose/options.ts';
import { reconcileUntil } from './compose/reconciling.ts';
import { keepStaticPodsUntil } from './compose/static-pods.ts';
import { sweepUntil } from './compose/sweeping.ts';
import { claimDirectory } from './data-directory.ts';
import { keepInstallation, type Installation } from './installation.ts';

export interface Local {
  access: { server: string; ca: string; token: string; awsEndpoint: string; accessKey: AccessKey };
  /** Stops serving; containers and data remain. */
  close(): Promise<void>;
}

/** Serves until close; reuses the ports, keys and data of an earlier start in the directory. */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const { directory, log } = options;
  claimDirectory(directory);
  const known = await openInstallation(directory);
  let core: Core | undefined;
  const doors = createDoors(() => core, { clock: systemClock, log });
  const listeners = await openListeners(known, options.port, doors);
  const installation = keepInstallation(directory, { ...known, ...listeners.ports });
  const opened = await openCore(options, installation);
  core = opened;
  await opened.resume();
  await bootstrapObjects(opened.ports);
  const stop = new AbortController();
  // Every controller, watcher and due time waits under it.
  setMaxListeners(0, stop.signal);
  const sweeping = sweepUntil(stop.signal, opened.ports, log);
  const reconciling = reconcileUntil(stop.signal, opened.ports);
  const keeping =
    options.staticPods === undefined
      ? undefined
      : keepStaticPodsUntil(stop.signal, opened.ports, options.staticPods, log);
  return {
    access: accessOf(installation),
    close: async () => {
      stop.abort();
      await listeners.close();
      await sweeping;
      await reconciling;
      await keeping;
      await opened.close();
    },
  };
}

const accessOf = (installation: Installation): Local['access'] => ({
  server: `https://127.0.0.1:${installation.apiPort}`,
  ca: installation.certificates.ca,
  token: installation.adminToken,
  awsEndpoint: `http://127.0.0.1:${installation.awsPort}`,
  accessKey: installation.accessKey,
});
