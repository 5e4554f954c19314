// Every status that a real node of Kubernetes 1.35.4 wrote for 27 pods, against computeStatus; the record lies beside the repository.
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { PodStatus } from '../../src/kinds/pod.ts';
import { computeStatus, isTerminal } from '../../src/pod/status.ts';
import { at, NOW, podOf } from '../pod/samples.ts';
import { observedAt, readLives, recordedPart, specOf, type Step } from './recorded-statuses.ts';

const file = resolve(import.meta.dirname, '../../../shared/conformance/golden/lifecycles.json');
const lives = readLives(file);
if (lives.length === 0) console.log(`no recording ${file}: statuses were not compared`);

/** The kubelet tells a terminal phase one sync after the last exit; droppod tells it with the exit. */
function sooner(found: Step, recorded: Step): Step {
  if (!isTerminal(found.phase) || isTerminal(recorded.phase)) return found;
  const sandbox = recorded.conditions.find(({ type }) => type === 'PodReadyToStartContainers');
  const conditions = found.conditions.map((condition) => (condition.type === sandbox?.type ? sandbox : condition));
  // Its earlier instances are removed together with that.
  const containers = found.containers?.map((container, index) => ({ ...container, lastState: recorded.containers?.[index]?.lastState ?? {} }));
  return { ...found, phase: recorded.phase, conditions, ...(containers ? { containers } : {}) };
}

it.runIf(lives.length === 0)('has no recording here to be held against', () => expect(lives).toEqual([]));

it.runIf(lives.length > 0).each(lives)('writes the statuses of %s', (name, steps) => {
  let status: PodStatus = { phase: 'Pending', qosClass: 'BestEffort' };
  for (const { deleting, gone: _gone, ...step } of steps) {
    const pod = podOf(specOf(name), { name, namespace: '<namespace>', uid: '<uid>', ...(deleting === undefined ? {} : { deletionTimestamp: at(deleting) }) });
    if (step.ephemeralContainers === undefined) delete pod.spec.ephemeralContainers;
    const next = computeStatus({ ...pod, status }, observedAt(name, step), NOW);
    const { qosClass: _class, ...recorded } = step as Step & { qosClass?: string };
    expect(sooner(recordedPart(next), recorded)).toEqual(recorded);
    if (step.phase === next.phase) status = next;
  }
});
