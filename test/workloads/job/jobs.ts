// Jobs for the tables: as stored, with every default.
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { defaultJob, prepareJob } from '../../../src/workloads/job/default-job.ts';
import type { Job } from '../../../src/workloads/job/job.ts';

const CONTAINER = { name: 'app', image: 'busybox:1.37' };

/** What a client sends. */
export const sentJob = (
  spec: object = {},
  pod: object = {},
  metadata: object = {},
): KubeObject => ({
  metadata: { name: 'j', namespace: 'default', uid: 'u-j', ...metadata },
  spec: {
    template: { spec: { containers: [CONTAINER], restartPolicy: 'Never', ...pod } },
    ...spec,
  },
});

/** The Job as it is stored. */
export const storedJob = (spec: object = {}, pod: object = {}, metadata: object = {}): Job =>
  prepareJob(defaultJob(sentJob(spec, pod, metadata)));
