// A Job whose pods succeed, fail and are deleted, that is suspended and resumed: never more pods than its parallelism, every success
// counted once, no finalizer removed before its pod was counted.
import type { KubeObject } from '../../../../src/kinds/pod.ts';
import type { LogEntry } from '../../../../src/ports/store.ts';
import type { Chance } from '../../random.ts';
import { BATCH, must, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { endOf, isActive, phaseOf, specOf, statusOf } from '../sight.ts';

const PATH = `${BATCH}/jobs`;
const FINALIZER = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';

const isCounted = (pod: KubeObject): boolean =>
  pod.metadata.finalizers?.includes(FINALIZER) !== true;

export function job(luck: Chance): Scenario {
  const completions = 1 + luck.below(6);
  const parallelism = 1 + luck.below(4);
  const indexed = luck.happens(0.4);
  const perIndex = indexed && luck.happens(0.5);
  const failing = luck.pick([0, 0.2, 0.6]);
  let suspended = luck.happens(0.2);
  const succeeded = new Set<string>();
  let counted = 0;
  const count = ({ object }: LogEntry): string[] => {
    const status = statusOf(object);
    const now = Number(status.succeeded ?? 0);
    const before = counted;
    counted = now;
    return [
      ...must(now >= before, () => `succeeded fell from ${before} to ${now}`),
      ...must(now <= succeeded.size, () => `${now} counted of ${succeeded.size} that succeeded`),
    ];
  };
  return {
    moments: 50,
    sweeps: 0.15,
    momentMs: 4_000,
    pods: {
      moves: 0.5,
      ends: { chance: 0.4, code: () => (luck.happens(failing) ? 1 : 0) },
      deleted: 0.01,
    },
    podsAtRest: { moves: 1, ends: { chance: 1, code: () => 0 } },
    roots: [`${PATH}/work`],
    touched: [`${PATH}/work`],
    begin: async (user) => {
      const spec = {
        ...{ completions, parallelism, suspend: suspended },
        ...(indexed ? { completionMode: 'Indexed' } : {}),
        ...(perIndex ? { backoffLimitPerIndex: luck.below(3) } : { backoffLimit: luck.below(6) }),
        template: template('busybox:1', { restartPolicy: 'Never' }),
      };
      const metadata = { name: 'work' };
      await user.create(PATH, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
    },
    act: async (user, moment) => {
      if (!suspended && !luck.happens(0.04)) return;
      if (suspended && moment < 45 && !luck.happens(0.2)) return;
      suspended = !suspended && moment < 45;
      await user.patch(`${PATH}/work`, { spec: { suspend: suspended } });
    },
    rule: (entry, sight) => {
      const { key, type, object } = entry;
      if (key.resource === 'jobs.batch') return type === 'DELETED' ? [] : count(entry);
      if (key.resource !== 'pods') return [];
      // One that was let go (suspended, too many) is nobody's, should it succeed before it is removed.
      if (phaseOf(object) === 'Succeeded' && !isCounted(object))
        succeeded.add(object.metadata.uid ?? '');
      if (type !== 'ADDED') return [];
      const active = sight.of('pods').filter(isActive);
      const indexes = active.map(({ metadata }) => metadata.annotations?.[INDEX]);
      const current = sight.one('jobs.batch', 'work');
      return [
        ...must(active.length <= parallelism, () => `${active.length} pods of ${parallelism}`),
        ...must(
          !indexed || new Set(indexes).size === indexes.length,
          () => `an index twice: ${indexes.join()}`,
        ),
        ...must((current && endOf(current)) === undefined, () => 'a pod after the end'),
      ];
    },
    rest: (sight) => {
      const work = sight.one('jobs.batch', 'work');
      const status = work && statusOf(work);
      const condition = work && endOf(work);
      const left = sight.of('pods').filter((pod) => !isCounted(pod)).length;
      return [
        ...must(
          condition !== undefined,
          () => `not over: ${JSON.stringify([status, work && specOf(work).suspend])}`,
        ),
        ...must(
          (status?.succeeded ?? 0) === succeeded.size,
          () => `${status?.succeeded} counted of ${succeeded.size}`,
        ),
        ...must(
          condition !== 'Complete' || perIndex || status?.succeeded === completions,
          () => `complete with ${status?.succeeded} of ${completions}`,
        ),
        ...must(
          status?.active === undefined || status.active === 0,
          () => `active ${status?.active}`,
        ),
        ...must(left === 0, () => `${left} pods keep the finalizer`),
      ];
    },
  };
}
