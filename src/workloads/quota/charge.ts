// Whether an object may be written under its namespace's quotas, and their usage then (apiserver's admission/plugin/resourcequota).
import type { Container, KubeObject, ResourceQuota } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Amounts } from './amounts.ts';
import { amountsOf, exceeding, minus, plus, positive, textsOf, within } from './amounts.ts';
import { isWithin, scopesOf } from './scopes.ts';
import { computeNames, countedBy, usageOf } from './usage.ts';

/** A write that is about to happen. */
export interface Written {
  /** Its name in the store. */
  resource: string;
  object: KubeObject;
  /** The object before an update. */
  old?: KubeObject;
  now: Date;
}

/** What a quota counts in advance for a write that is not stored yet. */
export interface Charge {
  resource: string;
  /** Uid of the object. */
  uid: string;
  /** The version that an update replaces; absent: a creation. */
  version?: string;
  at: string;
  used: Record<string, string>;
}

/** A stored quota; `charges` are of writes with an unknown result, and hidden from clients. */
export type StoredQuota = ResourceQuota & { charges?: Charge[] };

/** The message of a refusal, or the quotas that count more after the write. */
export type Verdict = { forbidden: string } | { charged: StoredQuota[] };

const CONTAINERS_MUST_NAME = ['cpu', 'memory'].flatMap((name) => [
  name,
  `requests.${name}`,
  `limits.${name}`,
]);

/** Judges one write. A quota that already holds this write's charge is not charged again. */
export function chargeQuotas(quotas: readonly StoredQuota[], written: Written): Verdict {
  const concerned = quotas.filter((quota) => isConcerned(quota, written));
  for (const quota of concerned) {
    const problem = unfit(quota, written);
    if (problem !== undefined) return { forbidden: problem };
  }
  const usage = positive(addedUsage(written));
  const charged: StoredQuota[] = [];
  for (const quota of concerned) {
    if (usage.size === 0 || (quota.charges ?? []).some((charge) => isOf(charge, written))) continue;
    const asked = within(usage, quota.status?.hard);
    if (asked.size === 0) continue;
    const used = plus(amountsOf(quota.status?.used), asked);
    const over = exceeding(within(used, textsOf(asked)), amountsOf(quota.status?.hard));
    if (over.length > 0) return { forbidden: exceeded(quota, asked, over) };
    charged.push(withCharge(quota, used, chargeOf(asked, written)));
  }
  return { charged };
}

/** Whether the charge is for this write. */
const isOf = (charge: Charge, { object, old }: Written): boolean =>
  charge.uid === object.metadata.uid && charge.version === old?.metadata.resourceVersion;

const isConcerned = (quota: StoredQuota, { resource, object }: Written): boolean =>
  Object.keys(quota.status?.hard ?? quota.spec?.hard ?? {}).some(
    (name) => countedBy(name) === resource,
  ) && isWithin(scopesOf(quota), resource, object);

function addedUsage({ resource, object, old, now }: Written): Amounts {
  const usage = usageOf(resource, object, now);
  return old === undefined ? usage : minus(usage, usageOf(resource, old, now));
}

/** Why a quota cannot judge the object: the quota is too new, or the object does not specify what is counted. */
function unfit(quota: StoredQuota, { resource, object }: Written): string | undefined {
  const name = quota.metadata?.name ?? '';
  const hard = Object.keys(quota.status?.hard ?? quota.spec?.hard ?? {});
  const missing = resource === 'pods' ? unnamed(object, hard) : '';
  if (missing !== '') return `failed quota: ${name}: must specify ${missing}`;
  if (quota.status?.hard !== undefined) return undefined;
  const restricted = hard.filter((counted) => countedBy(counted) === resource).sort();
  return `status unknown for quota: ${name}, resources: ${restricted.join(',')}`;
}

/** Resources that a quota counts and a container does not request. */
function unnamed(object: KubeObject, hard: readonly string[]): string {
  const { containers, initContainers = [], resources } = toPod(object).spec;
  const namesOf = (of: Container['resources']): string[] =>
    computeNames(amountsOf(of?.requests), amountsOf(of?.limits)).map(([name]) => name);
  const byPod = namesOf(resources);
  return hard
    .filter((name) => CONTAINERS_MUST_NAME.includes(name) && !byPod.includes(name))
    .sort()
    .flatMap((name) => {
      const silent = [...containers, ...initContainers]
        .filter((container) => !namesOf(container.resources).includes(name))
        .map((container) => container.name);
      return silent.length > 0 ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : [];
    })
    .join('; ');
}

function exceeded(quota: StoredQuota, asked: Amounts, over: readonly string[]): string {
  const show = (texts: Record<string, string> | undefined): string =>
    over.map((name) => `${name}=${own(texts, name) ?? '0'}`).join(',');
  return `exceeded quota: ${quota.metadata?.name ?? ''}, requested: ${show(textsOf(asked))}, used: ${show(quota.status?.used)}, limited: ${show(quota.status?.hard)}`;
}

const chargeOf = (asked: Amounts, { resource, object, old, now }: Written): Charge => ({
  resource,
  uid: object.metadata.uid ?? '',
  ...(old && { version: old.metadata.resourceVersion ?? '' }),
  at: now.toISOString(),
  used: textsOf(asked),
});

const withCharge = (quota: StoredQuota, used: Amounts, charge: Charge): StoredQuota => ({
  ...quota,
  status: { ...quota.status, used: textsOf(used) },
  charges: [...(quota.charges ?? []), charge],
});

/** The quota without the charge of a write that the store refused; undefined: it has none. */
export function withoutCharge(quota: StoredQuota, written: Written): StoredQuota | undefined {
  const charge = quota.charges?.find((known) => isOf(known, written));
  if (charge === undefined) return undefined;
  const used = minus(amountsOf(quota.status?.used), amountsOf(charge.used));
  return {
    ...quota,
    status: { ...quota.status, used: textsOf(used) },
    charges: (quota.charges ?? []).filter((known) => known !== charge),
  };
}
