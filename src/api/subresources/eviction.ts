// `/eviction`: a delete that first checks the pod's disruption budget.
import { ApiError, badRequest, notFound, StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { selects } from '../../pod/placement/selection.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import { present } from '../../present.ts';
import type { BudgetStatus, DisruptionBudget } from '../../workloads/disruption-budget.ts';
import { ignoresUnready, spend, toBudget } from '../../workloads/disruption-budget.ts';
import type { Answer, Call } from '../call.ts';
import { keyOf } from '../call.ts';
import { podStatus } from '../resources/pods.ts';
import { member, text } from '../resources/plain.ts';
import { strategyFor } from '../resources/strategies.ts';
import { deleteObject } from '../verbs/delete.ts';
import { admitNamespace, withNamespace } from '../verbs/create.ts';
import { updateObject } from '../verbs/update.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';
import { success } from '../wire/status.ts';

const ATTEMPTS = 20;
const BUDGETS = 'poddisruptionbudgets.policy';

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
  withNamespace(call, sent);
  await admitNamespace(call, sent);
  if ((sent.metadata.name ?? '') !== call.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const grace = member(sent, 'deleteOptions', 'gracePeriodSeconds');
  const uid = text(sent, 'deleteOptions', 'preconditions', 'uid');
  const version = text(sent, 'deleteOptions', 'preconditions', 'resourceVersion');
  const dryRuns = member(sent, 'deleteOptions', 'dryRun');
  const dryRun = options.dryRun || (Array.isArray(dryRuns) && dryRuns.length > 0);
  const pod = await call.ports.store.get(keyOf(call));
  if (pod === undefined) throw notFound(call.resource.stored, call.name);
  // The delete itself reports a failed precondition, but the budget is asked first; nothing is deducted from it then.
  const isMeant =
    (uid === '' || uid === pod.metadata.uid) &&
    (version === '' || version === pod.metadata.resourceVersion);
  await askBudget(call, pod, dryRun || !isMeant);
  if (isMeant && !dryRun) await markDisrupted(call);
  await deleteObject(
    { ...call, subresource: '', strategy: strategyFor(call.resource) },
    {
      ...present({
        gracePeriodSeconds: typeof grace === 'number' ? (grace < 0 ? 1 : grace) : undefined,
      }),
      preconditions: {
        // Marking the pod has changed the version that the client saw.
        ...present({
          uid: uid || undefined,
          resourceVersion: (!isMeant || dryRun) && version ? version : undefined,
        }),
      },
      dryRun,
    },
  );
  return { code: 201, object: success({ code: 201 }), kind: 'status' };
}

/** Deducts the eviction of a running pod from its budget; throws if none is left. */
async function askBudget(call: Call, object: KubeObject, dryRun: boolean): Promise<void> {
  if (isBeyondBudgets(object)) return;
  for (let attempt = 1; ; attempt++) {
    const budget = await budgetOf(call, object);
    if (budget === undefined || (!isReady(object) && ignoresUnready(budget))) return;
    const status = spend(budget, object.metadata.name ?? '', call.now);
    if (status instanceof ApiError) throw status;
    if (dryRun) return;
    try {
      return await keep(call, budget, status);
    } catch (error) {
      if (!(error instanceof StoreConflict) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** A pod that is not running yet or any more, or is being deleted anyway. */
const isBeyondBudgets = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined ||
  ['Pending', 'Succeeded', 'Failed'].includes(toPod(object).status.phase ?? '');

const isReady = (object: KubeObject): boolean =>
  toPod(object).status.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  ) === true;

async function budgetOf(
  { ports, namespace }: Call,
  { metadata: { labels } }: KubeObject,
): Promise<DisruptionBudget | undefined> {
  if (Object.keys(labels ?? {}).length === 0) return undefined;
  const { objects } = await ports.store.listObjects({ resource: BUDGETS, namespace });
  const [budget, second] = objects
    .map(toBudget)
    .filter(({ spec }) => selects(spec.selector, labels));
  if (second === undefined) return budget;
  throw new ApiError(
    '',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );
}

async function keep(
  { ports, namespace }: Call,
  budget: DisruptionBudget,
  status: BudgetStatus,
): Promise<void> {
  const { resourceVersion = '', ...metadata } = budget.metadata;
  await ports.store.commit({
    object: {
      key: { resource: BUDGETS, namespace, name: metadata.name ?? '' },
      object: { ...budget, metadata, status },
      expected: resourceVersion as ResourceVersion,
    },
  });
}

/** The pod's condition says why it was evicted: Jobs, for example, do not count it as a failure. */
async function markDisrupted(call: Call): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: wholeSeconds(call.now),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  await updateObject(
    { ...call, subresource: 'status', strategy: podStatus, verb: 'patch' },
    { dryRun: false, fieldManager: 'kube-apiserver', fieldValidation: 'Ignore', force: false },
    (old) => {
      const { conditions = [] } = toPod(old).status;
      const others = conditions.filter(({ type }) => type !== condition.type);
      const status = { ...toPod(old).status, conditions: [...others, condition] };
      return { next: { ...old, status } };
    },
  );
}
