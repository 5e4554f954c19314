// The statistics of the task metadata endpoint, which `kubectl top` shows.
import { passed, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

export const usage: Assumption = {
  id: 'usage',
  assumed: 'task metadata v4 has the statistics of every container of the task, in Docker’s form',
  proof: 'metrics.k8s.io answers for a pod that has run for a while',
  uses: { pods: 1, podSeconds: 120 },
  isQuick: false,
  async prove(lab) {
    const name = await lab.createPod(main('while :; do sleep 1; done'));
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${lab.namespace}/pods/${name}`;
    const text = await lab.until('a measurement', async () => {
      const answer = await lab.exchange('GET', path);
      return answer.status === 200 && answer.text.includes('"memory"') ? answer.text : undefined;
    });
    return passed(text.slice(text.indexOf('"containers"')).trim().slice(0, 120));
  },
};
