// After a write of a CustomResourceDefinition: names are accepted and the kind is established. May be called again.
import { acceptNames } from '../../custom/definition/accept-names.ts';
import { DEFINITIONS, toDefinition } from '../../custom/definition/definition.ts';
import type { Definition } from '../../custom/definition/definition.ts';
import { StoreConflict } from '../../errors.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';

type SettlePorts = Pick<Ports, 'store' | 'clock'>;

const ATTEMPTS = 5;

const createdAt = ({ metadata }: Definition): string => String(metadata.creationTimestamp ?? '');

/** Writes the status of each definition of the group whose names can now be decided, the oldest first. */
export async function settleDefinitions(ports: SettlePorts, group: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await settleOnce(ports, group);
    } catch (error) {
      // Another writer came first: its definition is read again.
      if (!(error instanceof StoreConflict) || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function settleOnce({ store, clock }: SettlePorts, group: string): Promise<void> {
  const { objects } = await store.listObjects({ resource: DEFINITIONS });
  let definitions = objects
    .map(toDefinition)
    .filter(({ spec }) => spec.group === group)
    .sort((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1));
  for (const definition of definitions) {
    if (definition.metadata.deletionTimestamp !== undefined) continue;
    const others = definitions.filter(({ metadata }) => metadata.uid !== definition.metadata.uid);
    const next = acceptNames(definition, others, wholeSeconds(clock.now()));
    if (next === definition) continue;
    const { resourceVersion, ...metadata } = next.metadata;
    await store.commit({
      object: {
        key: { resource: DEFINITIONS, namespace: '', name: metadata.name ?? '' },
        object: { ...next, metadata },
        expected: (resourceVersion ?? '') as ResourceVersion,
      },
    });
    definitions = definitions.map((one) => (one === definition ? next : one));
  }
}
