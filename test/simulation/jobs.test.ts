// Jobs under repeated, stale, lost or interrupted passes: never a pod too many, and every end counted once.
import { expect, it } from 'vitest';
import { jobController } from '../../src/controllers/job/job-controller.ts';
import type { Controller } from '../../src/controllers/controller.ts';
import { validateJobStatus } from '../../src/workloads/job/validate-job-status.ts';
import { JobWorld } from '../controllers/job/job-world.ts';
import type { Snapshot } from '../controllers/world.ts';
import { chance } from './random.ts';
import type { Chance } from './random.ts';

const SEEDS = 150;
const STEPS = 120;
const INDEX = 'batch.kubernetes.io/job-completion-index';

/** The controller, whose process may die between two writes. */
const mortal = (luck: Chance): Controller => ({
  ...jobController,
  reconcile: (object, world, now) => {
    const answer = jobController.reconcile(object, world, now);
    if (!luck.happens(0.3)) return answer;
    return { ...answer, writes: answer.writes.slice(0, luck.below(answer.writes.length + 1)) };
  },
});

interface Ends {
  succeeded: Set<string>;
  failed: Set<string>;
}

function disturb(world: JobWorld, luck: Chance, ends: Ends): void {
  const pod = world.active.length > 0 ? luck.pick(world.active) : undefined;
  const name = pod?.metadata.name ?? '';
  const happening = luck.below(6);
  if (happening === 0) world.later(luck.below(40));
  else if (pod === undefined) return;
  else if (happening === 1) world.start(name);
  else if (happening === 2) {
    world.end(name, 0);
    ends.succeeded.add(name);
  } else if (happening === 3) {
    world.end(name, 1);
    ends.failed.add(name);
  } else if (happening === 4 && pod.spec.nodeName !== undefined) {
    world.markDeleted(name);
    ends.failed.add(name);
  }
}

/** Pods that are being deleted end some time later. */
function endDeleted(world: JobWorld, luck: Chance): void {
  for (const { metadata, status } of world.pods)
    if (metadata.deletionTimestamp && status.phase === 'Running' && luck.happens(0.5))
      world.end(metadata.name ?? '', 143);
}

function specOf(luck: Chance): object {
  const completions = 1 + luck.below(6);
  const parallelism = 1 + luck.below(4);
  const indexed = luck.happens(0.5);
  return {
    completions,
    parallelism,
    backoffLimit: luck.below(8),
    ...(indexed && { completionMode: 'Indexed' }),
    ...(indexed && luck.happens(0.5) && { backoffLimitPerIndex: luck.below(3), backoffLimit: 99 }),
    ...(luck.happens(0.5) && { podReplacementPolicy: 'Failed' }),
  };
}

function checkStep(world: JobWorld): void {
  const { parallelism = 1 } = world.job.spec;
  expect(world.active.length).toBeLessThanOrEqual(parallelism);
  const indexes = world.active.flatMap(({ metadata }) => metadata.annotations?.[INDEX] ?? []);
  expect(new Set(indexes).size).toBe(indexes.length);
}

function finish(world: JobWorld, ends: Ends, luck: Chance): void {
  for (let round = 0; round < 400 && world.conditions.length < 2; round++) {
    world.settle();
    for (const { metadata } of world.active) {
      world.end(metadata.name ?? '', 0);
      ends.succeeded.add(metadata.name ?? '');
    }
    endDeleted(world, luck);
    world.later(100);
  }
  world.settle();
}

function simulate(seed: number): { world: JobWorld; ends: Ends } {
  const luck = chance(seed);
  const world = new JobWorld(specOf(luck));
  const ends: Ends = { succeeded: new Set(), failed: new Set() };
  const controller = mortal(luck);
  const sights: Snapshot[] = [];
  for (let step = 0; step < STEPS && world.conditions.length < 2; step++) {
    disturb(world, luck, ends);
    endDeleted(world, luck);
    sights.push(world.snapshot());
    const before = world.job;
    if (luck.happens(0.7))
      world.reconcile(controller, 'j', luck.happens(0.3) ? luck.pick(sights.slice(-6)) : undefined);
    if (before.metadata.resourceVersion !== world.job.metadata.resourceVersion)
      expect(validateJobStatus(world.job, before)).toEqual([]);
    checkStep(world);
  }
  finish(world, ends, luck);
  return { world, ends };
}

it(`Q4: ${SEEDS} Jobs end with true counts, whatever becomes of their passes`, () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, ends } = simulate(seed);
    const made = world.written.filter((line) => line.startsWith('create pods/')).length;
    const { succeeded = 0, failed = 0, completedIndexes } = world.status;
    const context = `seed ${seed}: ${JSON.stringify({ spec: { ...world.job.spec, template: 0 }, status: world.status, made, succeeded: [...ends.succeeded], failed: [...ends.failed] })}`;
    expect(world.conditions, context).toHaveLength(2);
    expect(world.status.uncountedTerminatedPods, context).toEqual({});
    expect(world.status.active, context).toBeUndefined();
    expect(succeeded, context).toBe(ends.succeeded.size);
    expect(failed, context).toBe(made - succeeded);
    if (world.conditions[1]?.startsWith('Complete') === true)
      expect(failed, context).toBe(ends.failed.size);
    if (completedIndexes !== undefined) expect(world.job.spec.completionMode).toBe('Indexed');
    outcomes.add(world.conditions[1] ?? '');
  }
  expect([...outcomes].sort()).toEqual([
    'Complete CompletionsReached',
    'Failed BackoffLimitExceeded',
    'Failed FailedIndexes',
  ]);
});
