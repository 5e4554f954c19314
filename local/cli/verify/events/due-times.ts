// EventBridge Scheduler wakes `reconcile` at the times that controllers ask for.
import { passed, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

const LATE_MS = 150_000;

export const dueTimes: Assumption = {
  id: 'due-times',
  assumed: 'a schedule of EventBridge Scheduler invokes `reconcile` within a minute of its time',
  proof: 'a CronJob of every minute makes a Job',
  uses: { pods: 3, requests: 150 },
  isQuick: false,
  async prove(lab) {
    const { id } = lab.options;
    const batch = `/apis/batch/v1/namespaces/${lab.namespace}`;
    const begun = lab.now();
    const template = { spec: { restartPolicy: 'Never', containers: [sh('main', 'true')] } };
    await lab.request('POST', `${batch}/cronjobs`, {
      metadata: { name: id },
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } },
    });
    const last = await lab.until(
      'its first Job',
      async () => {
        const found = (await lab.request('GET', `${batch}/cronjobs/${id}`)) as {
          status?: { lastScheduleTime?: string };
        };
        return found.status?.lastScheduleTime;
      },
      LATE_MS,
    );
    const seconds = Math.round((lab.now() - begun) / 1000);
    await lab.request('DELETE', `${batch}/cronjobs/${id}?propagationPolicy=Background`);
    return passed(`the Job of ${last}, ${seconds} s after the CronJob was made`);
  },
};
