// `/binding`: a scheduler's choice of a pod's node. droppod binds pods itself, so this only sets the node's name.
import { ApiError, badRequest, conflict, notFound } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { isGated } from '../../pod/model/containers.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { podBound } from '../../steps/settle/reschedule.ts';
import { afterCommit } from '../after-commit.ts';
import type { Answer, Call } from '../call.ts';
import { objectOf } from '../resources/pods.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { member, text } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { admitNamespace } from '../verbs/create.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';
import { success } from '../wire/status.ts';

/** POST of a Binding; 409 if the pod is already bound, terminating or gated. */
export async function binding(call: Call): Promise<Answer> {
  const options = writeOptions(call.request, call.query, 'CreateOptions');
  const sent = await decodeBody(call.request, {
    group: '',
    version: 'v1',
    kind: 'Binding',
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
  await admitNamespace(call, sent);
  const name = call.name || (sent.metadata.name ?? '');
  if (sent.metadata.name !== name)
    throw badRequest('name in URL does not match name in Binding object');
  const target = member(sent, 'target');
  const kind = text(target, 'kind');
  const node = text(target, 'name');
  const problems = [
    ...(kind === '' || kind === 'Node'
      ? []
      : [
          `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
        ]),
    ...(node === '' ? ['target.name: Required value'] : []),
  ];
  if (problems.length > 0)
    throw new ApiError(
      '',
      problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`,
    );
  const key = { resource: 'pods', namespace: call.namespace, name };
  const object = await call.ports.store.get(key);
  if (object === undefined) throw notFound('pods', name);
  const pod = toPod(object);
  checkBindable(pod, name);
  if (!options.dryRun) {
    const { resourceVersion, ...metadata } = pod.metadata;
    await call.ports.store.commit({
      object: {
        key,
        object: objectOf(bound({ ...pod, metadata }, node, call.now)),
        expected: (resourceVersion ?? '') as ResourceVersion,
      },
    });
    await afterCommit(call.ports, podBound(call.ports, pod.metadata.uid ?? ''));
  }
  return { code: 201, object: success({ code: 201 }), kind: 'status' };
}

function checkBindable(pod: Pod, name: string): void {
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(
      'pods/binding',
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  if (pod.spec.nodeName)
    throw conflict(
      'pods/binding',
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
    );
  if (isGated(pod))
    throw conflict('pods/binding', name, `pod ${name} has non-empty .spec.schedulingGates`);
}

function bound(pod: Pod, nodeName: string, now: Date): Pod {
  const conditions = (pod.status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: wholeSeconds(now) };
  return {
    ...pod,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...conditions, scheduled] },
  };
}
