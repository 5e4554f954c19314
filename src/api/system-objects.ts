// The Objects port: the verbs of the API without a request around them.
import { ApiError, notFound } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { storedResource } from '../kinds/resources.ts';
import type { Verb } from '../kinds/resources.ts';
import type { Fence, Objects, ObjectsAs, RemoveOptions } from '../ports/objects.ts';
import { present } from '../present.ts';
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
    const call = (verb: Verb, resource: string, object: KubeObject, subresource = ''): Call =>
      callFor(ports, controller, { verb, resource, object, subresource });
    return {
      create: (resource, object, { uid, records }) =>
        createObject(
          { ...call('create', resource, object), given: { uid, records } },
          object,
          OPTIONS,
        ),
      update: (resource, object) => write(call('update', resource, object), object),
      updateStatus: (resource, object) => write(call('update', resource, object, 'status'), object),
      remove: (resource, object, options) =>
        remove(call('delete', resource, object), object, options),
    };
  };

function callFor(
  ports: ApiPorts,
  controller: string,
  {
    verb,
    resource: stored,
    object: { metadata },
    subresource,
  }: { verb: Verb; resource: string; object: KubeObject; subresource: string },
): Call {
  const resource = storedResource(stored);
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

async function write(call: Call, object: KubeObject): Promise<KubeObject> {
  const answer = await updateObject(call, OPTIONS, () => ({ next: object }));
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
