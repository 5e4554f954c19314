// All controllers, in the order in which a change is offered to them.
import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job/cron-job-controller.ts';
import { jobController } from './job/job-controller.ts';
import { deploymentController } from './deployment/deployment.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { resourceQuotaController } from './resource-quota.ts';

export const CONTROLLERS: readonly Controller[] = [
  jobController,
  cronJobController,
  deploymentController,
  replicaSetController,
  replicationController,
  resourceQuotaController,
];
