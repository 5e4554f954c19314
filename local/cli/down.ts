// `droppod down`: stops the serving process; with --purge it also removes its containers, volumes and data.
import { existsSync, readdirSync } from 'node:fs';
import { lockDirectory, purgeDirectory } from '../data-directory.ts';
import { readInstallation } from '../installation.ts';
import { purge } from '../compose/purge.ts';
import { Unusable } from '../unusable.ts';
import type { Say } from './install.ts';
import { placeOf, Refusal, removePid, servingPid, type Place } from './place.ts';

const STOP_SECONDS = 30;

/** Runs `droppod down`. That nothing is up is an error only without --purge. */
export async function down(options: { data?: string; purge?: boolean }, out: Say): Promise<void> {
  const place = placeOf(options.data);
  const pid = servingPid(place);
  if (pid === undefined && !options.purge)
    throw new Refusal(`droppod is not up (nothing serves ${place.directory})`);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    for (let tenth = 0; tenth < STOP_SECONDS * 10 && servingPid(place) !== undefined; tenth++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    if (servingPid(place) !== undefined)
      throw new Refusal(`process ${pid} did not stop within ${STOP_SECONDS} s`);
    out('droppod stopped');
    removePid(place);
  }
  if (options.purge) await purgePlace(place, out);
}

/** Removes what the installation file lists as droppod's; without that file nothing is touched. */
async function purgePlace(place: Place, out: Say): Promise<void> {
  const { directory } = place;
  if (!existsSync(directory) || readdirSync(directory).length === 0)
    return out(`nothing to remove in ${directory}`);
  if (!isInstalled(place))
    throw new Refusal(
      `${directory} has no installation.json, so it is not known to be droppod's: nothing was removed`,
    );
  const release = await lockDirectory(directory);
  if (!release)
    throw new Refusal(`another droppod starts or stops in ${directory}: nothing was removed`);
  const removed = await purge(directory);
  await release();
  const left = purgeDirectory(directory);
  out(
    left.length === 0
      ? `removed ${removed} containers and ${directory}`
      : `removed ${removed} containers and droppod's files; ${directory} stays, since there is more in it (${left.slice(0, 3).join(', ')})`,
  );
}

function isInstalled({ directory }: Place): boolean {
  try {
    return readInstallation(directory) !== undefined;
  } catch (error) {
    throw error instanceof Unusable ? new Refusal(`nothing was removed: ${error.message}`) : error;
  }
}
