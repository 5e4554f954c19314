// Owners and dependents without a controller, including a cycle: what has an owner stays, what has none is deleted, and an owner deleted
// in the foreground outlives the dependents that block it.
import type { KubeObject } from '../../../../src/kinds/pod.ts';
import type { Chance } from '../../random.ts';
import { must, NAMESPACE } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { isGoing } from '../sight.ts';
import type { Sight } from '../sight.ts';
import type { User } from '../user.ts';

const PATH = `${NAMESPACE}/configmaps`;
const CONFIG_MAPS = 'configmaps';

export function owners(luck: Chance): Scenario {
  const policy = luck.pick(['Background', 'Foreground', 'Orphan'] as const);
  const blocks = luck.happens(0.7);
  const roots: string[] = [];
  const refersTo = ({ metadata }: KubeObject) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', name: metadata.name, uid: metadata.uid },
    blockOwnerDeletion: blocks,
  });
  const make = (user: User, name: string, of: readonly KubeObject[] = []): Promise<KubeObject> => {
    const metadata = { name, ownerReferences: of.map(refersTo) };
    roots.push(`${PATH}/${name}`);
    return user.create(PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
  };
  const rootsOf = ({ metadata }: KubeObject): string[] =>
    (metadata.ownerReferences ?? []).map(({ uid }) => uid);
  const hasOwner = (sight: Sight, object: KubeObject): boolean => {
    const uids = new Set(
      sight
        .of(CONFIG_MAPS)
        .filter((one) => !isGoing(one))
        .map(({ metadata }) => metadata.uid ?? ''),
    );
    return rootsOf(object).some((uid) => uids.has(uid));
  };
  let deleting = false;
  return {
    moments: 30,
    sweeps: 0.15,
    momentMs: 400,
    pods: { moves: 1 },
    roots,
    touched: [`${PATH}/child-0`, `${PATH}/shared`],
    begin: async (user) => {
      const root = await make(user, 'root');
      const other = await make(user, 'other');
      const children: KubeObject[] = [];
      for (let index = 0; index < 1 + luck.below(4); index++)
        children.push(await make(user, `child-${index}`, [root]));
      for (const [index, child] of children.entries())
        if (luck.happens(0.5)) await make(user, `grandchild-${index}`, [child]);
      await make(user, 'shared', [root, other]);
      const circle = await make(user, 'child-in-circle', [root]);
      await user.patch(`${PATH}/root`, { metadata: { ownerReferences: [refersTo(circle)] } });
    },
    act: async (user, moment) => {
      if (deleting || (moment < 20 && !luck.happens(0.1))) return;
      deleting = true;
      await user.remove(`${PATH}/root`, { propagationPolicy: policy });
    },
    rule: ({ key, type, object, previous }, sight) => {
      if (key.resource !== CONFIG_MAPS) return [];
      const begins = previous !== undefined && !isGoing(previous) && isGoing(object);
      const goes = begins || (type === 'DELETED' && !isGoing(object));
      const isRoot = key.name === 'root' || key.name === 'other';
      const blocking = sight
        .of(CONFIG_MAPS)
        .filter((one) =>
          (one.metadata.ownerReferences ?? []).some(
            ({ uid, blockOwnerDeletion }) => uid === object.metadata.uid && blockOwnerDeletion,
          ),
        ).length;
      return [
        ...must(
          isRoot || !goes || !hasOwner(sight, object),
          () => `${key.name} goes with an owner`,
        ),
        ...must(
          policy !== 'Foreground' || key.name !== 'root' || type !== 'DELETED' || blocking === 0,
          () => `root goes before ${blocking} that block it`,
        ),
      ];
    },
    rest: (sight) => {
      const names = sight.of(CONFIG_MAPS).map(({ metadata }) => metadata.name ?? '');
      const children = names.filter((name) => /child/.test(name));
      return [
        ...must(!names.includes('root'), () => 'root is there still'),
        ...must(names.includes('shared'), () => 'shared is gone'),
        ...must(policy === 'Orphan' || children.length === 0, () => `left: ${children.join()}`),
        ...must(policy !== 'Orphan' || children.length >= 2, () => 'orphans went'),
      ];
    },
  };
}
