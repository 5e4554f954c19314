// A cluster in memory whose garbage collector follows the log.
import { endNamespace } from '../../../src/api/resources/strategies.ts';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Controller } from '../../../src/controllers/controller.ts';
import { collector } from '../../../src/steps/collect/collector.ts';
import { namespaceWatcher } from '../../../src/steps/namespace/namespace-watcher.ts';
import { followChanges } from '../../../src/steps/reconcile/follow.ts';
import { createApi, NAMESPACE } from '../../api/client.ts';
import type { Reply } from '../../api/client.ts';
import { present } from '../../../src/present.ts';

export interface Owner {
  name: string;
  uid: string;
  blocks?: boolean;
  kind?: string;
  apiVersion?: string;
  controller?: boolean;
}

export async function collected(controllers: readonly Controller[] = []) {
  const api = await createApi();
  const stop = new AbortController();
  const lines: string[] = [];
  const objectsAs = systemObjects(api.ports);
  let following = Promise.resolve();
  const start = (): void => {
    following = followChanges(
      { ...api.ports, log: (_level, msg) => lines.push(msg) },
      stop.signal,
      [
        collector(api.ports, objectsAs, controllers),
        namespaceWatcher(api.ports, (name) => endNamespace(api.ports, name)),
      ],
    );
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 60; round++) await api.ports.clock.settle();
  };
  const create = async (
    name: string,
    owners: Owner[] = [],
    metadata: object = {},
    namespace = NAMESPACE,
  ): Promise<string> => {
    const { body, status, text } = await api.send('POST', `${namespace}/configmaps`, {
      body: {
        metadata: {
          name,
          ownerReferences: owners.map(({ blocks, ...owner }) => ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            ...owner,
            ...present({ blockOwnerDeletion: blocks }),
          })),
          ...metadata,
        },
      },
    });
    if (status !== 201) throw new Error(text);
    return body['metadata'].uid as string;
  };
  const remove = (name: string, options: object = {}): Promise<Reply> =>
    api.send('DELETE', `${NAMESPACE}/configmaps/${name}`, { body: options });
  const release = (name: string): Promise<Reply> =>
    api.send('PATCH', `${NAMESPACE}/configmaps/${name}`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: null } },
    });
  /** Names of the existing ConfigMaps; a dash follows one that is being deleted. */
  const names = async (): Promise<string[]> => {
    await settle();
    const { body } = await api.send('GET', `${NAMESPACE}/configmaps`);
    return (body['items'] as { metadata: { name: string; deletionTimestamp?: string } }[])
      .map(({ metadata }) => metadata.name + (metadata.deletionTimestamp ? '-' : ''))
      .filter((name) => name !== 'kube-root-ca.crt');
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await following;
  };
  start();
  await settle();
  return { ...api, create, remove, release, names, settle, end, lines };
}
