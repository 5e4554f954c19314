// All controllers, in the order in which they are offered a change.
import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job/cron-job-controller.ts';
import { jobController } from './job/job-controller.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { disruptionController } from './disruption.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { endpointSliceController } from './service/endpoint-slices.ts';
import { endpointController } from './service/endpoints.ts';
import { endpointSliceMirroringController } from './service/mirrored-slices.ts';
import { claimBinder } from './storage/bind-claims.ts';
import { volumeBinder } from './storage/bind-volumes.ts';
import { ephemeralVolumes } from './storage/ephemeral-claims.ts';
import { claimProtection } from './storage/protect-claims.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';

export const CONTROLLERS: readonly Controller[] = [
  jobController,
  cronJobController,
  daemonSetController,
  deploymentController,
  disruptionController,
  replicaSetController,
  replicationController,
  resourceQuotaController,
  endpointSliceController,
  endpointController,
  endpointSliceMirroringController,
  ephemeralVolumes,
  claimBinder,
  volumeBinder,
  claimProtection,
  statefulSetController,
];
