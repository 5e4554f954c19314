// A deployment's static pods: created at the first look after it, and again after one is deleted or fails. See docs/design/controllers.md.
import type { Objects } from '../../ports/objects.ts';
import type { Ports } from '../../ports/ports.ts';
import { isMap } from '../../own.ts';
import { isStatic } from '../../pod/static/static-pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Look, Watcher } from '../reconcile/watcher.ts';
import { keepStaticPods } from './keep-static-pods.ts';

type WatcherPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings' | 'staticPods' | 'log'>;

const KEY = 'static-pods';

/** Digests of the manifests whose pods may exist, and of those whose pods are up to date; '' if there are none. */
interface Kept {
  begun: string;
  kept: string;
}

async function look({ store }: Pick<Ports, 'store'>): Promise<Kept> {
  const record = await store.getRecord(KEY);
  const { begun, kept } = isMap(record?.value) ? record.value : {};
  return {
    begun: typeof begun === 'string' ? begun : '',
    kept: typeof kept === 'string' ? kept : '',
  };
}

const note = ({ store }: Pick<Ports, 'store'>, { begun, kept }: Kept): Promise<unknown> =>
  store.commit({ records: [{ key: KEY, value: { begun, kept }, expected: 'any' }] });

/** Whether the installation's static pods do not match its manifests yet, so that the sweep must stay on. */
export async function isStaticWorkLeft(ports: Pick<Ports, 'store' | 'settings'>): Promise<boolean> {
  return (await look(ports)).kept !== (ports.settings.staticPods ?? '');
}

/** `prepare` creates what a pod needs before anybody has used the API: the node, namespaces, service accounts. */
export function staticPodsWatcher(
  ports: WatcherPorts,
  objects: Objects,
  prepare: () => Promise<void>,
): Watcher {
  const work: Look = { id: KEY, run: () => keep(ports, objects, prepare) };
  const due = async (): Promise<Look[]> => {
    if (ports.settings.staticPods !== undefined) return [work];
    const { begun, kept } = await look(ports);
    return begun === '' && kept === '' ? [] : [work];
  };
  return {
    after: ({ type, key, object }) =>
      Promise.resolve(
        key.resource === 'pods' &&
          isStatic(object.metadata) &&
          (type === 'DELETED' || toPod(object).status.phase === 'Failed')
          ? [work]
          : [],
      ),
    all: due,
    overdue: due,
  };
}

async function keep(
  ports: WatcherPorts,
  objects: Objects,
  prepare: () => Promise<void>,
): Promise<{ failed?: boolean }> {
  const { store, settings, staticPods, log } = ports;
  const digest = settings.staticPods ?? '';
  const before = await look(ports);
  if (digest === '' && before.begun === '' && before.kept === '') return {};
  // Without its manifests this function would consider every static pod obsolete.
  if (digest !== '' && staticPods === undefined)
    throw new Error('the static pods of this deployment are not beside its code');
  const node = { resource: 'nodes', namespace: '', name: settings.nodeName };
  if ((await store.get(node)) === undefined) await prepare();
  if (digest !== '' && before.begun !== digest)
    await note(ports, { begun: digest, kept: before.kept });
  const settled = await keepStaticPods(ports, objects, staticPods?.manifests ?? [], (line) =>
    log('error', line, {}),
  );
  if (settled && before.kept !== digest) await note(ports, { begun: digest, kept: digest });
  return {};
}
