// The node's address of a pod (status.hostIP): the installation's if pods share a node, else the task's own.
import { expect, it } from 'vitest';
import { present } from '../../src/present.ts';
import { placed } from '../../src/record/binding.ts';
import { mergeReport } from '../../src/record/merge.ts';
import type { Report } from '../../src/protocol/messages.ts';
import { NOW, observedOf, podOf } from '../pod/samples.ts';
import { recordOf, reportOf } from '../record/samples.ts';

const record = recordOf({
  generation: { number: 1, runs: 0 },
  task: { attempt: 0 },
  observed: { sandboxReady: false, containers: {} },
});
const merged = (before: string | undefined, more: Partial<Report>) => {
  const { hostIP: _sample, ...observed } = observedOf();
  return mergeReport(
    podOf(),
    { ...observed, ...present({ hostIP: before || undefined }) },
    reportOf(more),
    NOW,
  ).hostIP;
};

it('is known from Bind on where the installation has a node address', () => {
  expect(
    placed(podOf(), record, { nodeName: 'droppod', nodeAddress: '192.0.2.1' }, NOW).record.observed,
  ).toMatchObject({ nodeName: 'droppod', hostIP: '192.0.2.1' });
  expect(placed(podOf(), record, { nodeName: 'fargate' }, NOW).record.observed).not.toHaveProperty(
    'hostIP',
  );
});

it.each<[string, string | undefined, Partial<Report>, string | undefined]>([
  [
    'a task that says nothing of its host is its own host',
    undefined,
    { podIP: '10.0.0.9' },
    '10.0.0.9',
  ],
  ['the address of Bind stays', '192.0.2.1', { podIP: '10.0.0.9' }, '192.0.2.1'],
  ['the podlet knows better', '192.0.2.1', { podIP: '10.0.0.9', hostIP: '192.0.2.7' }, '192.0.2.7'],
  ['nothing is known before the first address', undefined, {}, undefined],
])('%s', (_rule, before, more, hostIP) => expect(merged(before, more)).toBe(hostIP));
