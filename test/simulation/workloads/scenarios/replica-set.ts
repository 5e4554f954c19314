// A ReplicaSet that is scaled up and down while its pods fail: never more pods than requested, and exactly that many at the end.
import type { LogEntry } from '../../../../src/ports/store.ts';
import type { Chance } from '../../random.ts';
import { APPS, must, SELECTOR, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { isActive, specOf, statusOf } from '../sight.ts';

const PATH = `${APPS}/replicasets`;

export function replicaSet(luck: Chance): Scenario {
  let replicas = 1 + luck.below(4);
  let most = replicas;
  return {
    moments: 40,
    sweeps: 0.15,
    momentMs: 400,
    pods: { moves: 0.3, fails: 0.02, deleted: 0.02 },
    roots: [`${PATH}/web`],
    touched: [`${PATH}/web`],
    begin: async (user) => {
      const spec = { replicas, selector: SELECTOR, template: template('busybox:1') };
      const metadata = { name: 'web' };
      await user.create(PATH, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec });
    },
    act: async (user) => {
      if (!luck.happens(0.1)) return;
      replicas = luck.below(6);
      most = Math.max(most, replicas);
      await user.patch(`${PATH}/web/scale`, { spec: { replicas } }, 'application/merge-patch+json');
    },
    rule: ({ key, type }: LogEntry, sight) => {
      if (key.resource !== 'pods' || type !== 'ADDED') return [];
      const count = sight.of('pods').filter(isActive).length;
      return must(count <= most, () => `${count} pods where at most ${most} were asked for`);
    },
    rest: (sight) => {
      const set = sight.one('replicasets.apps', 'web');
      const pods = sight.of('pods').filter(isActive);
      const status = set && statusOf(set);
      return [
        ...must(pods.length === replicas, () => `${pods.length} pods, not ${replicas}`),
        ...must(
          status?.replicas === replicas && (status.readyReplicas ?? 0) === replicas,
          () =>
            `status ${JSON.stringify(status)}, wanted ${replicas} of ${set && specOf(set).replicas}`,
        ),
      ];
    },
  };
}
