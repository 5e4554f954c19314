// All scenarios by their names.
import type { MakeScenario } from '../scenario.ts';
import { cronJob } from './cron-job.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { job } from './job.ts';
import { owners } from './owners.ts';
import { replicaSet } from './replica-set.ts';
import { statefulSet } from './stateful-set.ts';

export const SCENARIOS: { readonly [name: string]: MakeScenario } = {
  replicaSet,
  deployment,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  owners,
};
