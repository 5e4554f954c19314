// The Objects port: the verbs of the API without a request around them.
import { ApiError, notFound } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { storedResource } from '../kinds/resources.ts';
import type { Verb } from '../kinds/resources.ts';
import type { Fence, Objects, ObjectsAs, RemoveOptions } from '../ports/objects.ts';
import { present } from '../present.ts';
import { servedResources } from '../steps/definitions/served-kinds.ts';
import type { ApiPorts, Call } from './call.ts';
import { strategyFor } from './resources/strategies.ts';
import { systemCall } from './system-call.ts';
import { createObject } from './verbs/create.ts';
import { deleteObject } from './verbs/delete.ts';
import { updateObject } from './verbs/update.ts';
import type { WriteOptions } from './wire/options.ts';

/** The manager in managedFields: every controller of a cluster runs in this process. */
const OPTIONS: WriteOptions = {
  dryRun: false,
  fieldManager: 'kube-controller-manager',
  fieldValidation: 'Ignore',
  force: false,
};

/** Writes through the API's verbs; handed to the steps, which do not know the API. */
export const systemObjects =
  (ports: ApiPorts): ObjectsAs =>
  (controller): Objects => {
    const call = (
      verb: Verb,
      resource: string,
      object: KubeObject,
      subresource = '',
    ): Promise<Call> => callFor(ports, controller, { verb, resource, object, subresource });
    return {
      create: async (resource, object, { uid, records }) => {
        const plain = await call('create', resource, object);
        return createObject({ ...plain, given: { uid, records } }, object, OPTIONS);
      },
      update: async (resource, object, fence) =>
        write(await call('update', resource, object), object, fence),
      updateStatus: async (resource, object, fence) =>
        write(await call('update', resource, object, 'status'), object, fence),
      remove: async (resource, object, options) =>
        remove(await call('delete', resource, object), object, options),
    };
  };

async function callFor(
  ports: ApiPorts,
  controller: string,
  {
    verb,
    resource: stored,
    object: { metadata },
    subresource,
  }: { verb: Verb; resource: string; object: KubeObject; subresource: string },
): Promise<Call> {
  const resource =
    storedResource(stored) ??
    (await servedResources(ports)).find((served) => served.stored === stored);
  if (resource === undefined) throw notFound(stored, metadata.name ?? '');
  return systemCall(ports, controller, {
    resource,
    strategy: strategyFor(resource, subresource),
    verb,
    namespace: resource.namespaced ? (metadata.namespace ?? '') : '',
    name: verb === 'create' ? '' : (metadata.name ?? ''),
    subresource,
  });
}

async function write(
  call: Call,
  object: KubeObject,
  fence: Fence = { records: [] },
): Promise<KubeObject> {
  const fenced = { ...call, given: { records: fence.records } };
  const answer = await updateObject(fenced, OPTIONS, () => ({ next: object }));
  if ('object' in answer) return answer.object;
  throw new ApiError('', `update of ${call.resource.stored} ${call.name} answered no object`);
}

async function remove(
  call: Call,
  { metadata: { uid } }: KubeObject,
  { records, propagationPolicy, resourceVersion }: Fence & RemoveOptions,
): Promise<{ written: boolean }> {
  return deleteObject(
    { ...call, given: { records } },
    {
      dryRun: false,
      preconditions: present({ uid, resourceVersion }),
      ...present({ propagationPolicy }),
    },
  );
}
