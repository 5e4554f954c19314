// Every status that a real node of Kubernetes 1.35.4 wrote for 27 pods, against computeStatus; the recordings are outside the repository.
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { PodStatus } from '../../src/kinds/pod.ts';
import { computeStatus } from '../../src/pod/status/status.ts';
import { present } from '../../src/present.ts';
import { at, NOW, podOf } from '../pod/samples.ts';
import { observedAt, readLives, recordedPart, specOf, type Step } from './recorded-statuses.ts';

const file = resolve(import.meta.dirname, '../../../shared/conformance/golden/lifecycles.json');
const lives = readLives(file);
if (lives.length === 0) console.log(`no recording ${file}: statuses were not compared`);

it.runIf(lives.length === 0)('has no recording here to be held against', () =>
  expect(lives).toEqual([]),
);

it.runIf(lives.length > 0).each(lives)('writes the statuses of %s', (name, steps) => {
  let status: PodStatus = { phase: 'Pending', qosClass: 'BestEffort' };
  for (const { deleting, gone: _gone, ...step } of steps) {
    const pod = podOf(specOf(name), {
      name,
      namespace: '<namespace>',
      uid: '<uid>',
      ...present({ deletionTimestamp: deleting === undefined ? undefined : at(deleting) }),
    });
    if (step.ephemeralContainers === undefined) delete pod.spec.ephemeralContainers;
    const next = computeStatus({ ...pod, status }, observedAt(name, step), NOW);
    const { qosClass: _class, ...recorded } = step as Step & { qosClass?: string };
    expect(recordedPart(next)).toEqual(recorded);
    if (step.phase === next.phase) status = next;
  }
});
