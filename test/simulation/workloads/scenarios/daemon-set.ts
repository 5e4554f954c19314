// A DaemonSet on several nodes with repeated rollouts: one pod per node, or two if the surge allows it.
import type { KubeObject } from '../../../../src/kinds/pod.ts';
import type { Chance } from '../../random.ts';
import { APPS, must, SELECTOR, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { imageOf, isActive, specOf, statusOf } from '../sight.ts';

const PATH = `${APPS}/daemonsets`;

const targetOf = (pod: KubeObject): string =>
  /"values":\["([\w-]+)"\]/.exec(JSON.stringify(specOf(pod).affinity ?? {}))?.[1] ?? '';

export function daemonSet(luck: Chance): Scenario {
  const nodes = Array.from({ length: luck.below(4) }, (_, index) => `n${index}`);
  const surge = luck.happens(0.5) ? 1 : 0;
  let image = 'busybox:1';
  return {
    moments: 40,
    sweeps: 0.15,
    momentMs: 400,
    pods: { moves: 0.4, fails: 0.01, deleted: 0.02 },
    roots: [`${PATH}/web`],
    touched: [`${PATH}/web`],
    begin: async (user) => {
      for (const name of nodes)
        await user.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
      const rollingUpdate = { maxSurge: surge, maxUnavailable: 1 - surge };
      const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
      const spec = { selector: SELECTOR, updateStrategy, template: template(image) };
      const metadata = { name: 'web' };
      await user.create(PATH, { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec });
    },
    act: async (user) => {
      if (!luck.happens(0.08)) return;
      image = `busybox:${1 + luck.below(3)}`;
      const containers = [{ name: 'a', image }];
      await user.patch(`${PATH}/web`, { spec: { template: { spec: { containers } } } });
    },
    rule: ({ key, type, object }, sight) => {
      if (key.resource !== 'pods' || type !== 'ADDED') return [];
      const beside = sight
        .of('pods')
        .filter((pod) => isActive(pod) && targetOf(pod) === targetOf(object)).length;
      return must(beside <= 1 + surge, () => `${beside} pods on ${targetOf(object)}`);
    },
    rest: (sight) => {
      const pods = sight.of('pods').filter(isActive);
      const wanted = ['fargate', ...nodes];
      const set = sight.one('daemonsets.apps', 'web');
      const status = set && statusOf(set);
      return [
        ...must(
          pods.map(targetOf).sort().join() === wanted.sort().join() &&
            pods.every((pod) => imageOf(pod) === image),
          () => `pods on ${pods.map(targetOf).join()} of ${pods.map(imageOf).join()}`,
        ),
        ...must(
          status?.numberReady === wanted.length && status?.updatedNumberScheduled === wanted.length,
          () => `status ${JSON.stringify(status)}`,
        ),
      ];
    },
  };
}
