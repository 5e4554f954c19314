// A StatefulSet that is updated and scaled: one pod per name, in order if required, and one at a time during an update.
import type { KubeObject } from '../../../../src/kinds/pod.ts';
import type { Chance } from '../../random.ts';
import { APPS, must, SELECTOR, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { imageOf, isActive, isReady, statusOf } from '../sight.ts';

const PATH = `${APPS}/statefulsets`;

const ordinalOf = ({ metadata }: KubeObject): number => Number(/\d+$/.exec(metadata.name ?? ''));

export function statefulSet(luck: Chance): Scenario {
  const ordered = luck.happens(0.6);
  /** Without failures the order of creations is exact. */
  const steady = luck.happens(0.5);
  let replicas = 1 + luck.below(4);
  let image = 'busybox:1';
  return {
    moments: 60,
    sweeps: 0.15,
    momentMs: 400,
    pods: { moves: 0.5, ...(!steady && { fails: 0.02, deleted: 0.02 }) },
    roots: [`${PATH}/web`],
    touched: [`${PATH}/web`],
    begin: async (user) => {
      const podManagementPolicy = ordered ? 'OrderedReady' : 'Parallel';
      const spec = { replicas, selector: SELECTOR, podManagementPolicy, template: template(image) };
      const metadata = { name: 'web' };
      await user.create(PATH, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec });
    },
    act: async (user) => {
      if (luck.happens(0.06)) {
        image = `busybox:${1 + luck.below(3)}`;
        const containers = [{ name: 'a', image }];
        await user.patch(`${PATH}/web`, { spec: { template: { spec: { containers } } } });
      }
      if (!luck.happens(0.05)) return;
      replicas = luck.below(5);
      await user.patch(`${PATH}/web`, { spec: { replicas } });
    },
    rule: ({ key, type, object }, sight) => {
      if (key.resource !== 'pods' || type !== 'ADDED' || !ordered || !steady) return [];
      const before = sight.of('pods').filter((pod) => ordinalOf(pod) < ordinalOf(object));
      return must(
        before.length === ordinalOf(object) && before.every(isReady),
        () => `${key.name} was made when ${before.filter(isReady).length} before it were ready`,
      );
    },
    rest: (sight) => {
      const pods = sight.of('pods').filter(isActive);
      const names = pods.map(({ metadata }) => metadata.name).sort();
      const wanted = Array.from({ length: replicas }, (_, index) => `web-${index}`);
      const set = sight.one('statefulsets.apps', 'web');
      const status = set && statusOf(set);
      return [
        ...must(
          names.join() === wanted.join() && pods.every((pod) => imageOf(pod) === image),
          () =>
            `pods ${names.join()} of ${pods.map(imageOf).join()}, wanted ${replicas} of ${image}`,
        ),
        ...must(
          status?.replicas === replicas && (status.readyReplicas ?? 0) === replicas,
          () => `status ${JSON.stringify(status)}`,
        ),
      ];
    },
  };
}
