// The authorizer alone, in this process: one decision with the default roles, 200 additional bindings and local mode's store.
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { authorize } from '../../src/auth/authorize.ts';
import { RBAC_GROUP } from '../../src/auth/rbac/policy.ts';
import { fakePorts } from '../fakes/ports.ts';
import { preciseNow } from './engine.ts';
import { summary, type Measure } from './summary.ts';

const BINDINGS = 200;
const DECISIONS = 2_000;

/** Allowed by an additional binding, and refused after all of them. */
export async function benchRights(runs: number): Promise<Measure[]> {
  const ports = fakePorts();
  await bootstrapObjects(ports);
  for (let index = 0; index < BINDINGS; index++) await bind(ports, index);
  await ports.store.compact(await ports.store.version());
  const user = {
    name: 'system:serviceaccount:default:app',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  };
  const asked = (resource: string) => ({
    ...{ verb: 'list', group: '', resource, subresource: '' },
    ...{ namespace: 'default', name: '' },
  });
  const figures: Measure[] = [];
  for (const [name, resource] of [
    ['allowed', 'pods'],
    ['refused', 'secrets'],
  ] as const) {
    const samples: number[] = [];
    for (let run = 0; run < runs; run++) {
      const began = preciseNow();
      for (let time = 0; time < DECISIONS; time++) await authorize(ports, user, asked(resource));
      samples.push(((preciseNow() - began) * 1000) / DECISIONS);
    }
    figures.push({ name: `rights, ${name}`, unit: 'µs', ...summary(samples), goal: 10 });
  }
  return figures;
}

async function bind({ store }: ReturnType<typeof fakePorts>, index: number): Promise<void> {
  const key = {
    resource: `rolebindings.${RBAC_GROUP}`,
    namespace: 'default',
    name: `app-${index}`,
  };
  const object = {
    metadata: { name: key.name, namespace: key.namespace },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: index === 0 ? 'app' : `other-${index}` }],
  };
  await store.commit({ object: { key, object, expected: 'absent' } });
}
