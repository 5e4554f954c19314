// The table's stream wakes `reconcile`.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';
import { LABEL } from '../lab.ts';

export const tableStream: Assumption = {
  id: 'table-stream',
  assumed: "the table's stream invokes `reconcile` for what its filter lets through",
  proof: 'a Job gets its pod, and is complete when the pod has succeeded',
  uses: { pods: 1, requests: 30 },
  isQuick: true,
  async prove(lab) {
    const { id } = lab.options;
    const jobs = `/apis/batch/v1/namespaces/${lab.namespace}/jobs`;
    const labels = { [LABEL]: id };
    const begun = lab.now();
    await lab.request('POST', jobs, {
      metadata: { name: id },
      spec: {
        template: {
          metadata: { labels },
          spec: { restartPolicy: 'Never', containers: [sh('main', 'true')] },
        },
      },
    });
    const completed = await lab.until('the end of the Job', async () => {
      const job = (await lab.request('GET', `${jobs}/${id}`)) as {
        status?: { succeeded?: number };
      };
      return job.status?.succeeded;
    });
    return seen(completed === 1, `complete after ${Math.round((lab.now() - begun) / 1000)} s`);
  },
};
