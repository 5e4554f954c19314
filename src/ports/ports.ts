// Everything that droppod needs from outside. src/aws implements these ports on AWS, test/fakes has small working implementations.
// A function takes the ports it uses, narrowed: `({ store, clock }: Pick<Ports, 'store' | 'clock'>, input)`.
import type { Clock } from './clock.ts';
import type { DueTimes } from './due-times.ts';
import type { EngineVolumes } from './engine-volumes.ts';
import type { Executions } from './executions.ts';
import type { Ids } from './ids.ts';
import type { Images } from './images.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { Log } from './log.ts';
import type { Logs } from './logs.ts';
import type { PullSecrets } from './pull-secrets.ts';
import type { Sessions } from './sessions.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import type { StaticPods } from './static-pods.ts';
import type { Sts } from './sts.ts';
import type { SweepRule } from './sweep-rule.ts';
import type { Tasks } from './tasks.ts';
import type { Wakeups } from './wakeups.ts';

export interface Ports {
  store: Store;
  tasks: Tasks;
  executions: Executions;
  images: Images;
  logs: Logs;
  /** For the operator; `logs` are the containers'. */
  log: Log;
  clock: Clock;
  ids: Ids;
  wakeups: Wakeups;
  settings: Settings;
  /** Reads what `settings` lacks of the keys; absent where they are there from the start, or may not be read. */
  readKeys?: () => Promise<void>;
  sessions?: Sessions;
  /** What pods are given as `ca.crt`, where that is not `settings.caPem`: the public CAs of the API's certificate. */
  rootCa?: () => string;
  /** Only where AWS principals log in. */
  sts?: Sts;
  sweepRule?: SweepRule;
  /** Only where controllers run without a long-lived process. */
  dueTimes?: DueTimes;
  /** Absent where images are pulled before the task starts (local mode). */
  pullSecrets?: PullSecrets;
  /** Only in local mode. */
  liveTasks?: LiveTasks;
  /** Only in local mode: elsewhere nothing stores data for claims yet. */
  engineVolumes?: EngineVolumes;
  /** Carries a request to a pod's own address; absent where the API does not reach pods. */
  podHttp?: (request: Request) => Promise<Response>;
  /** Only in the function that keeps them, where the deployment brings some. */
  staticPods?: StaticPods;
}
