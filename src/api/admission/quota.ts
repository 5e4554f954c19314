// Applies a namespace's ResourceQuotas to every write: charged before the write is stored, returned if the store refuses it. A crash in
// between leaves a charge that resourcequota-controller settles.
import { ApiError, conflict, forbidden, StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { present } from '../../present.ts';
import type { StoredQuota, Written } from '../../workloads/quota/charge.ts';
import { chargeQuotas, withoutCharge } from '../../workloads/quota/charge.ts';
import type { Call } from '../call.ts';

/** Other writers charge the same quota concurrently. */
const ATTEMPTS = 50;
const QUOTAS = 'resourcequotas';

/** Runs `write` under the namespace's quotas: 403 if one does not allow it. Of two writes that only fit one at a time, one is refused. */
export async function underQuota<T>(
  call: Call,
  objects: { object: KubeObject; old?: KubeObject; dryRun: boolean },
  write: () => T | Promise<T>,
): Promise<T> {
  const { resource, subresource, now, namespace } = call;
  if (!resource.namespaced || !isCharged(resource.stored, subresource, objects.old)) return write();
  const written = {
    resource: resource.stored,
    object: objects.object,
    ...present({ old: objects.old }),
    now,
  };
  const { objects: quotas } = await call.ports.store.listObjects({ resource: QUOTAS, namespace });
  if (quotas.length === 0) return write();
  const charged = await charge(call, written, quotas as StoredQuota[], objects.dryRun);
  try {
    return await write();
  } catch (error) {
    for (const name of charged) await giveBack(call, written, name);
    throw error;
  }
}

/** Creations except of events, and updates that may use more. */
const isCharged = (stored: string, subresource: string, old: KubeObject | undefined): boolean =>
  old === undefined
    ? stored !== 'events'
    : (stored === 'pods' && subresource === 'resize') ||
      (['services', 'persistentvolumeclaims'].includes(stored) && subresource === '');

/** Names of the quotas that the write newly charges. */
async function charge(
  call: Call,
  written: Written,
  listed: StoredQuota[],
  dryRun: boolean,
): Promise<string[]> {
  const { store } = call.ports;
  const charged: string[] = [];
  let quotas = listed;
  for (let attempt = 1; ; attempt++) {
    const verdict = chargeQuotas(quotas, written);
    if ('forbidden' in verdict) {
      for (const name of charged) await giveBack(call, written, name);
      throw forbidden(call.resource.stored, nameOf(written), verdict.forbidden);
    }
    if (dryRun) return [];
    try {
      for (const quota of verdict.charged) charged.push(await keep(call, quota));
      return charged;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      if (attempt >= ATTEMPTS) {
        for (const name of charged) await giveBack(call, written, name);
        throw conflict(QUOTAS, quotas[0]?.metadata?.name ?? '');
      }
      const { objects } = await store.listObjects({ resource: QUOTAS, namespace: call.namespace });
      quotas = objects as StoredQuota[];
    }
  }
}

/** The name of the object in the refusal: as sent, since a generated name is not used. */
const nameOf = ({ object: { metadata } }: Written): string => metadata.name ?? '';

async function keep({ ports, namespace }: Call, quota: StoredQuota): Promise<string> {
  const { resourceVersion = '', ...metadata } = quota.metadata ?? {};
  const name = metadata.name ?? '';
  await ports.store.commit({
    object: {
      key: { resource: QUOTAS, namespace, name },
      object: { ...quota, metadata },
      expected: resourceVersion as ResourceVersion,
    },
  });
  return name;
}

async function giveBack(call: Call, written: Written, name: string): Promise<void> {
  const key = { resource: QUOTAS, namespace: call.namespace, name };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const quota = (await call.ports.store.get(key)) as StoredQuota | undefined;
    const without = quota && withoutCharge(quota, written);
    if (without === undefined) return;
    try {
      await keep(call, without);
      return;
    } catch (error) {
      // The controller settles what cannot be returned now.
      if (error instanceof ApiError) return;
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}
