// `droppod down`: stops the serving process; with --purge also removes its containers, volumes and data.
import { rmSync } from 'node:fs';
import { purge } from '../main.ts';
import type { Say } from './install.ts';
import { placeOf, Refusal, removePid, servingPid } from './place.ts';

const STOP_SECONDS = 30;

/** The whole of `droppod down`. A droppod that is not up is only an error without --purge. */
export async function down(options: { data?: string; purge?: boolean }, out: Say): Promise<void> {
  const place = placeOf(options.data);
  const pid = servingPid(place);
  if (pid === undefined && !options.purge) throw new Refusal(`droppod is not up (nothing serves ${place.directory})`);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    for (let tenth = 0; tenth < STOP_SECONDS * 10 && servingPid(place) !== undefined; tenth++) await new Promise((resolve) => setTimeout(resolve, 100));
    if (servingPid(place) !== undefined) throw new Refusal(`process ${pid} did not stop within ${STOP_SECONDS} s`);
    out('droppod stopped');
  }
  removePid(place);
  if (!options.purge) return;
  const removed = await purge(place.directory);
  rmSync(place.directory, { recursive: true, force: true });
  out(`removed ${removed} containers and ${place.directory}`);
}
