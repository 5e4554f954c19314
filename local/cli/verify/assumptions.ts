// All assumptions, in the order in which their proofs start: slow ones early, the examples last.
import type { Assumption } from './assumption.ts';
import { describeTasks } from './ecs/describe-tasks.ts';
import { imagePull } from './ecs/image-pull.ts';
import { metadata } from './ecs/metadata.ts';
import { orderlyExit } from './ecs/orderly-exit.ts';
import { runConflict } from './ecs/run-conflict.ts';
import { stopOrder, stopTimeout } from './ecs/stop-order.ts';
import { usage } from './ecs/usage.ts';
import { dueTimes } from './events/due-times.ts';
import { expiry } from './events/expiry.ts';
import { sweepRule } from './events/sweep-rule.ts';
import { tableStream } from './events/table-stream.ts';
import { taskChanges } from './events/task-changes.ts';
import { transitions } from './events/transitions.ts';
import { examples } from './examples.ts';
import { emptyAnswers } from './front/empty-answers.ts';
import { largeAnswers } from './front/large-answers.ts';
import { largeBodies } from './front/large-bodies.ts';
import { markedRefusal } from './front/marked-refusal.ts';
import { paths } from './front/paths.ts';
import { refusals } from './front/refusals.ts';
import { streaming } from './front/streaming.ts';
import { administrator } from './login/administrator.ts';
import { issuer } from './login/issuer.ts';
import { keyRights } from './login/key-rights.ts';
import { trustedRoots } from './login/trusted-roots.ts';
import { webIdentity } from './login/web-identity.ts';
import { logDelay } from './logs/log-delay.ts';
import { wholeLog } from './logs/whole-log.ts';
import { dependencies } from './task/dependencies.ts';
import { largeCommand } from './task/large-command.ts';
import { memoryVolume } from './task/memory-volume.ts';
import { networkFiles } from './task/network-files.ts';
import { oom } from './task/oom.ts';
import { restartInPlace } from './task/restart-in-place.ts';
import { sharedNetwork } from './task/shared-network.ts';
import { sharedProcesses } from './task/shared-processes.ts';
import { supervise } from './task/supervise.ts';
import { tenContainers } from './task/ten-containers.ts';
import { unprivilegedUser } from './task/unprivileged-user.ts';
import { UNTRIED } from './untried.ts';

export const ASSUMPTIONS: readonly Assumption[] = [
  ...[administrator, emptyAnswers, refusals, paths, markedRefusal, issuer, trustedRoots],
  ...[dueTimes, stopTimeout, usage, stopOrder, tableStream, orderlyExit, taskChanges],
  ...[supervise, unprivilegedUser, sharedNetwork, networkFiles, dependencies, memoryVolume],
  ...[sharedProcesses, oom, restartInPlace, largeCommand, tenContainers],
  ...[metadata, imagePull, runConflict, describeTasks, transitions, sweepRule],
  ...[wholeLog, logDelay, streaming, largeAnswers, largeBodies, keyRights, webIdentity, expiry],
  ...UNTRIED,
  examples,
];
