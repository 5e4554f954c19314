// `/eviction`: a delete that respects disruption budgets, of which droppod has none yet.
import { badRequest } from '../../errors.ts';
import { present } from '../../present.ts';
import type { Answer, Call } from '../call.ts';
import { member, text } from '../resources/plain.ts';
import { strategyFor } from '../resources/strategies.ts';
import { deleteObject } from '../verbs/delete.ts';
import { admitNamespace } from '../verbs/create.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';
import { success } from '../wire/status.ts';

/** POST of an Eviction. */
export async function eviction(call: Call): Promise<Answer> {
  const options = writeOptions(call.request, call.query, 'CreateOptions');
  const sent = await decodeBody(call.request, {
    group: 'policy',
    version: 'v1',
    otherVersions: ['v1beta1'],
    kind: 'Eviction',
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
  await admitNamespace(call, sent);
  if ((sent.metadata.name ?? '') !== call.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const grace = member(sent, 'deleteOptions', 'gracePeriodSeconds');
  const uid = text(sent, 'deleteOptions', 'preconditions', 'uid');
  const version = text(sent, 'deleteOptions', 'preconditions', 'resourceVersion');
  const dryRun = member(sent, 'deleteOptions', 'dryRun');
  await deleteObject(
    { ...call, subresource: '', strategy: strategyFor(call.resource) },
    {
      ...present({
        gracePeriodSeconds: typeof grace === 'number' ? (grace < 0 ? 1 : grace) : undefined,
      }),
      preconditions: {
        ...present({ uid: uid || undefined, resourceVersion: version || undefined }),
      },
      dryRun: options.dryRun || (Array.isArray(dryRun) && dryRun.length > 0),
    },
  );
  return { code: 201, object: success({ code: 201 }), kind: 'status' };
}
