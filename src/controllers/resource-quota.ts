// ResourceQuotas' status: what the spec allows and the recalculated usage (pkg/controller/resourcequota).
import type { KubeObject } from '../kinds/pod.ts';
import { canonicalList } from '../pod/model/quantity.ts';
import { present } from '../present.ts';
import type { Amounts } from '../workloads/quota/amounts.ts';
import { amountsOf, count, plus, textsOf, within } from '../workloads/quota/amounts.ts';
import type { Charge, StoredQuota } from '../workloads/quota/charge.ts';
import { isWithin, scopesOf } from '../workloads/quota/scopes.ts';
import { countedBy, uncountedAt, usageOf } from '../workloads/quota/usage.ts';
import type { Controller, Outcome, World } from './controller.ts';

/** A charge whose write is not stored by then belonged to a process that died. */
const CHARGE_MS = 60_000;

const countedKinds = (quota: StoredQuota): string[] => [
  ...new Set(Object.keys(quota.spec?.hard ?? {}).flatMap((name) => countedBy(name) ?? [])),
];

function reconcile(object: KubeObject, world: World, now: Date): Outcome {
  const quota = object as KubeObject & StoredQuota;
  const hard = quota.spec?.hard ?? {};
  const known = quota.charges ?? [];
  const charges = known.filter((charge) => isOpen(charge, world, now));
  const used = countUsed(quota, world, now);
  const total = charges.reduce((sum, charge) => plus(sum, amountsOf(charge.used)), used);
  const zeros: Amounts = new Map(Object.keys(hard).map((name) => [name, count(0)]));
  const status = { hard: canonicalList(hard), used: textsOf(plus(zeros, within(total, hard))) };
  const requeueAt = earliest([
    ...charges.map(({ at }) => new Date(new Date(at).getTime() + CHARGE_MS)),
    ...endingPods(quota, world, now),
  ]);
  return {
    writes: [
      {
        verb: 'updateStatus',
        resource: 'resourcequotas',
        object: { ...object, status, ...(known.length > 0 && { charges }) },
      },
    ],
    ...present({ requeueAt }),
  };
}

function countUsed(quota: StoredQuota, world: World, now: Date): Amounts {
  const scopes = scopesOf(quota);
  let used: Amounts = new Map();
  for (const resource of countedKinds(quota))
    for (const object of world.list(resource))
      if (isWithin(scopes, resource, object)) used = plus(used, usageOf(resource, object, now));
  return used;
}

/** Whether the charged write may still happen: its object, or its new version, is not stored yet. */
function isOpen({ resource, uid, version, at }: Charge, world: World, now: Date): boolean {
  if (now.getTime() - new Date(at).getTime() >= CHARGE_MS) return false;
  const stored = world.list(resource).find(({ metadata }) => metadata.uid === uid);
  return version === undefined
    ? stored === undefined
    : stored?.metadata.resourceVersion === version;
}

/** When pods that are being deleted stop counting, even if nothing changes. */
const endingPods = (quota: StoredQuota, world: World, now: Date): Date[] =>
  countedKinds(quota).includes('pods')
    ? world.list('pods').flatMap((pod) => {
        const end = uncountedAt(pod);
        return end && end >= now ? [new Date(end.getTime() + 1000)] : [];
      })
    : [];

const earliest = (times: readonly Date[]): Date | undefined =>
  times.length === 0 ? undefined : new Date(Math.min(...times.map((time) => time.getTime())));

/** A change to an object concerns all quotas that count its kind. */
export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  resource: 'resourcequotas',
  reads: [],
  readsFor: (object) => countedKinds(object as StoredQuota),
  concerns: (_changed, quotas) => quotas.map(({ metadata }) => metadata.name ?? ''),
  reconcile,
};
