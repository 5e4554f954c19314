// The kinds of CustomResourceDefinitions, cached in this process and read again when the log shows a change of a definition.
// Kubernetes' own kinds never come here, so they cost no read.
import { resourcesOf } from '../../custom/definition/compile.ts';
import { DEFINITIONS, toDefinition } from '../../custom/definition/definition.ts';
import { CompactedError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { STORED_RESOURCES } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';

/** When more log entries behind than this, the definitions are read instead. */
const MAX_BEHIND = 500;

/** The kinds of all definitions at one version of the store. */
export interface ServedKinds {
  /** Every served version, the preferred ones of each definition first. */
  resources: readonly Resource[];
  find(group: string, version: string, plural: string): Resource | undefined;
}

interface Compiled {
  resourceVersion: string;
  resources: Resource[];
}

interface Held extends ServedKinds {
  version: ResourceVersion;
  compiled: Map<string, Compiled>;
}

const held = new WeakMap<object, Held>();

/** The current kinds, including earlier writes of any process. */
export async function servedKinds({ store }: Pick<Ports, 'store'>): Promise<ServedKinds> {
  const known = held.get(store);
  if (known !== undefined) {
    const version = await store.version();
    if (version === known.version) return known;
    if (!(await hasChanged(store, known.version, version))) {
      const moved = { ...known, version };
      held.set(store, moved);
      return moved;
    }
  }
  const { objects, version } = await store.list({ resource: DEFINITIONS });
  const read = compile(objects, version, known?.compiled);
  held.set(store, read);
  return read;
}

async function hasChanged(
  store: Ports['store'],
  from: ResourceVersion,
  to: ResourceVersion,
): Promise<boolean> {
  if (Number(to) - Number(from) > MAX_BEHIND) return true;
  try {
    for (let at = from; Number(at) < Number(to);) {
      const { entries, upTo } = await store.changes(at, { waitMs: 0 });
      if (entries.some(({ key }) => key.resource === DEFINITIONS)) return true;
      if (upTo === at) return true;
      at = upTo;
    }
    return false;
  } catch (error) {
    if (error instanceof CompactedError) return true;
    throw error;
  }
}

function compile(
  objects: readonly KubeObject[],
  version: ResourceVersion,
  before: Held['compiled'] | undefined,
): Held {
  const compiled = new Map<string, Compiled>();
  for (const object of objects) {
    const { name = '', uid = '', resourceVersion = '' } = object.metadata;
    const known = before?.get(name);
    const id = `${uid} ${resourceVersion}`;
    compiled.set(
      name,
      known?.resourceVersion === id
        ? known
        : { resourceVersion: id, resources: resourcesOf(toDefinition(object)) },
    );
  }
  const resources = [...compiled.values()].flatMap((one) => one.resources);
  const byPath = new Map(
    resources.map((one) => [`${one.group}/${one.version}/${one.plural}`, one]),
  );
  return {
    version,
    compiled,
    resources,
    find: (group, asked, plural) => byPath.get(`${group}/${asked}/${plural}`),
  };
}

/** Every stored resource, custom ones included, one entry per stored name: for scans over all objects. */
export async function servedResources(ports: Pick<Ports, 'store'>): Promise<readonly Resource[]> {
  const { resources } = await servedKinds(ports);
  const byName = new Map(resources.map((one) => [one.stored, one]));
  return byName.size === 0 ? STORED_RESOURCES : [...STORED_RESOURCES, ...byName.values()];
}
