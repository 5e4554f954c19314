// Commands and variables of any size and name, which a task definition would not accept.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

const LENGTH = 20_000;

export const largeCommand: Assumption = {
  id: 'large-command',
  assumed: 'command and environment reach a container past the limits of ECS (8192 characters)',
  proof: 'a container reads a variable of 20 000 characters, another one whose name has a dot',
  uses: { pods: 1, writtenKiB: 60 },
  isQuick: true,
  async prove(lab) {
    const { metadata } = await lab.runPod({
      containers: [
        sh('large', 'echo ${#LONG}', { env: [{ name: 'LONG', value: 'x'.repeat(LENGTH) }] }),
        // A shell would drop it.
        sh('dotted', '', { command: ['env'], env: [{ name: 'a.b', value: 'dotted' }] }),
      ],
    });
    const large = await lab.log(metadata.name, 'large');
    const dotted = /^a\.b=.*$/m.exec(await lab.log(metadata.name, 'dotted'))?.[0];
    return seen(
      large === `${LENGTH}\n` && dotted === 'a.b=dotted',
      `${large.trim()} characters, ${dotted ?? 'no a.b'}`,
    );
  },
};
