// A Deployment with rollouts during rollouts, scaling and rollbacks: never more pods than replicas plus surge, never fewer ready ones
// than maxUnavailable allows if none fails, and under Recreate never two revisions at once.
import type { KubeObject } from '../../../../src/kinds/pod.ts';
import type { LogEntry } from '../../../../src/ports/store.ts';
import type { Chance } from '../../random.ts';
import { APPS, must, SELECTOR, template } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import {
  controllerOf,
  imageOf,
  isActive,
  isGoing,
  isOver,
  isReady,
  specOf,
  statusOf,
} from '../sight.ts';
import type { Sight } from '../sight.ts';

const PATH = `${APPS}/deployments`;
const SETS = 'replicasets.apps';

export function deployment(luck: Chance): Scenario {
  const recreate = luck.happens(0.25);
  /** Neither scaling nor failures: then availability is checked too. */
  const steady = luck.happens(0.4);
  const surge = recreate ? 0 : luck.below(3);
  const unavailable = surge === 0 ? 1 + luck.below(2) : luck.below(2);
  let replicas = 2 + luck.below(4);
  let most = replicas;
  let image = 'busybox:1';
  let wasReady = false;
  const sizes = new Map<string, number>();
  /**
   * Available pods by the sets' own statuses when a set last shrank: what the controller could know. A pod that becomes ready meanwhile
   * may still be the one that goes as unavailable, as in Kubernetes (cleanupUnhealthyReplicas).
   */
  let known = Infinity;
  const noteSize = (set: KubeObject, sight: Sight): void => {
    const name = set.metadata.name ?? '';
    const size = Number(specOf(set).replicas);
    if (size < (sizes.get(name) ?? 0))
      known = sight
        .of(SETS)
        .reduce((sum, one) => sum + Number(statusOf(one).availableReplicas ?? 0), 0);
    sizes.set(name, size);
  };
  const sums = (sight: Sight): string[] => {
    const asked = sight.of(SETS).reduce((sum, set) => sum + Number(specOf(set).replicas), 0);
    const pods = sight.of('pods').filter(isActive).length;
    return [
      ...must(asked <= most + surge, () => `sets ask for ${asked} of ${most} + ${surge}`),
      ...must(pods <= most + surge, () => `${pods} pods of ${most} + ${surge}`),
    ];
  };
  const ready = (sight: Sight): string[] => {
    const count = sight.of('pods').filter(isReady).length;
    wasReady ||= count >= replicas;
    return must(
      !steady || recreate || !wasReady || count >= Math.min(known, replicas - unavailable),
      () => `${count} ready of ${replicas} - ${unavailable}`,
    );
  };
  const isWanted = (sight: Sight): boolean => {
    const web = sight.one('deployments.apps', 'web');
    return web !== undefined && !isGoing(web);
  };
  const apart = (sight: Sight, { object }: LogEntry): string[] => {
    const set = controllerOf(object)?.uid;
    const others = sight
      .of('pods')
      .filter((pod) => !isOver(pod) && controllerOf(pod)?.uid !== set).length;
    return must(!recreate || others === 0, () => `Recreate beside ${others} pods of before`);
  };
  return {
    moments: 50,
    sweeps: 0.15,
    momentMs: 400,
    pods: { moves: 0.35, ...(!steady && { fails: 0.01, deleted: 0.01 }) },
    roots: [`${PATH}/web`],
    touched: [`${PATH}/web`],
    begin: async (user) => {
      const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
      const strategy = recreate ? { type: 'Recreate' } : { rollingUpdate };
      const spec = { replicas, selector: SELECTOR, strategy, template: template(image) };
      const metadata = { name: 'web' };
      await user.create(PATH, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
    },
    act: async (user) => {
      if (luck.happens(0.1)) {
        image = `busybox:${1 + luck.below(4)}`;
        const containers = [{ name: 'a', image }];
        await user.patch(`${PATH}/web`, { spec: { template: { spec: { containers } } } });
      }
      if (steady || !luck.happens(0.05)) return;
      replicas = 1 + luck.below(5);
      most = Math.max(most, replicas);
      await user.patch(`${PATH}/web`, { spec: { replicas } });
    },
    rule: (entry, sight) => {
      const { key, type } = entry;
      if (key.resource !== 'pods' && key.resource !== SETS) return [];
      if (key.resource === SETS && type !== 'DELETED') noteSize(entry.object, sight);
      const added = key.resource === 'pods' && type === 'ADDED';
      return [
        ...(type === 'DELETED' || (key.resource === 'pods' && !added) ? [] : sums(sight)),
        ...(isWanted(sight) ? ready(sight) : []),
        ...(added ? apart(sight, entry) : []),
      ];
    },
    rest: (sight) => {
      const pods = sight.of('pods').filter(isActive);
      const web = sight.one('deployments.apps', 'web');
      const status = web && statusOf(web);
      return [
        ...must(
          pods.length === replicas && pods.every((pod) => imageOf(pod) === image),
          () => `pods ${pods.map(imageOf).join()}, wanted ${replicas} of ${image}`,
        ),
        ...must(
          status?.updatedReplicas === replicas && status?.availableReplicas === replicas,
          () => `status ${JSON.stringify(status)}`,
        ),
      ];
    },
  };
}
