// The kernel's OOM kill counters are visible inside a container.
import { seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';
import { containerOf } from '../outcomes.ts';

export const oom: Assumption = {
  id: 'oom',
  assumed:
    'a container sees its own cgroup: the counter `oom_kill` rises where its limit is passed',
  proof: 'a process that takes more memory than its limit is shown as OOMKilled with 137',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const limits = { memory: '32Mi' };
    const pod = await lab.runPod(main('exec tail /dev/zero', { resources: { limits } }));
    const { exitCode, reason } = containerOf(pod, 'main')?.state.terminated ?? {};
    return seen(
      reason === 'OOMKilled' && exitCode === 137,
      `${reason ?? ''} with ${exitCode ?? ''}`,
    );
  },
};
