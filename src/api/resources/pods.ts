// Pods: src/pod has the rules of a pod and src/steps its life; this file connects both to the verbs.
import { isStatic } from '../../pod/static/static-pod.ts';
import { STATIC_PODS } from '../../steps/static/keep-static-pods.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { forbidden } from '../../errors.ts';
import type { FieldError } from '../../errors.ts';
import { withWebIdentity } from '../../fargate/web-identity.ts';
import type { KubeObject, Pod, ServiceAccount } from '../../kinds/pod.ts';
import { podCreated } from '../../steps/create/pod-created.ts';
import { keepSweepOn } from '../../steps/sweep/sweep-switch.ts';
import { podDeleting } from '../../steps/delete/pod-deleting.ts';
import { podEdited } from '../../steps/edit/pod-edited.ts';
import { placementEdited } from '../../steps/settle/reschedule.ts';
import { podRemoved, removalRecords } from '../../steps/delete/pod-removed.ts';
import { recordsFor } from '../../steps/pod/record-for.ts';
import { admitPod, admitPodUpdate, serviceAccountOf } from '../../pod/admission/admit.ts';
import { defaultPod } from '../../pod/admission/defaults.ts';
import { prepareForCreate } from '../../pod/admission/prepare.ts';
import { podRow, podRowConditions } from '../../pod/status/printer.ts';
import { limitWarnings, refusePod } from '../../refusals/refusals.ts';
import {
  validatePod,
  validatePodStatusUpdate,
  validatePodUpdate,
} from '../../pod/validation/validate-pod.ts';
import { present } from '../../present.ts';
import { podWarnings } from '../../refusals/warnings.ts';
import { withNamespaceLimits } from '../admission/limit-ranges.ts';
import type { Call } from '../call.ts';
import { ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, plain, statusOf, text } from './plain.ts';
import { priorityFor } from './priority-classes.ts';
import { runtimeFactsOf } from './runtime-classes.ts';
import type { Strategy } from './strategy.ts';

/** A pod in its stored and wire form. */
export const objectOf = (pod: Pod): KubeObject => ({ ...pod });

const printer = lazyPrinter(
  () => [
    nameColumn(),
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn(),
    column('IP', fieldDescription('PodStatus', 'podIP'), 1),
    column('Node', fieldDescription('PodSpec', 'nodeName'), 1),
    column('Nominated Node', fieldDescription('PodStatus', 'nominatedNodeName'), 1),
    column('Readiness Gates', fieldDescription('PodSpec', 'readinessGates'), 1),
  ],
  (object) => podRow(toPod(object)),
  (object) => podRowConditions(toPod(object)),
);

async function admit(object: KubeObject, call: Call): Promise<KubeObject> {
  const sent = toPod(object);
  const { store, ids, settings } = call.ports;
  const [pod, account, priorityClass, runtimeClass] = await Promise.all([
    withNamespaceLimits(sent, call),
    store.get({
      resource: 'serviceaccounts',
      namespace: call.namespace,
      name: serviceAccountOf(sent),
    }),
    priorityFor(sent.spec.priorityClassName, call.ports),
    runtimeClassOf(sent, call),
  ]);
  const serviceAccount = account as ServiceAccount | undefined;
  const admission = admitPod(pod, {
    serviceAccount,
    suffix: ids.suffix(5),
    ...present({
      priorityClass,
      runtimeClass,
    }),
  });
  if ('forbidden' in admission)
    throw forbidden(
      'pods',
      pod.metadata.name || pod.metadata.generateName || 'Unknown',
      admission.forbidden,
    );
  return objectOf(withWebIdentity(admission.pod, serviceAccount, settings.region));
}

async function runtimeClassOf(
  { spec: { runtimeClassName } }: Pod,
  { ports }: Call,
): Promise<ReturnType<typeof runtimeFactsOf> | undefined> {
  if (runtimeClassName === undefined) return undefined;
  const resource = 'runtimeclasses.node.k8s.io';
  const found = await ports.store.get({ resource, namespace: '', name: runtimeClassName });
  return found && runtimeFactsOf(found);
}

/** Grace as kube-apiserver computes it (CheckGracefulDelete in registry/core/pod/strategy.go): none before scheduling and after the end. */
function graceSeconds(object: KubeObject, requested: number | undefined): number {
  const pod = toPod(object);
  if (!pod.spec.nodeName || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed')
    return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

const FIELDS: Strategy['fields'] = {
  own: true,
  fields: {
    'spec.nodeName': (object) => text(object, 'spec', 'nodeName'),
    'spec.host': (object) => text(object, 'spec', 'nodeName'),
    'spec.restartPolicy': (object) => text(object, 'spec', 'restartPolicy'),
    'spec.schedulerName': (object) => text(object, 'spec', 'schedulerName'),
    'spec.serviceAccountName': (object) => text(object, 'spec', 'serviceAccountName'),
    'spec.hostNetwork': (object) => text(object, 'spec', 'hostNetwork') || 'false',
    'status.phase': (object) => text(object, 'status', 'phase'),
    'status.podIP': (object) => text(object, 'status', 'podIP'),
    'status.podIPs': () => '',
    'status.nominatedNodeName': (object) => text(object, 'status', 'nominatedNodeName'),
  },
};

/** droppod's own refusals; an installation may turn them into warnings. */
export function refusals(
  { ports, warnings }: Pick<Call, 'ports' | 'warnings'>,
  problems: FieldError[],
): FieldError[] {
  if (ports.settings.warnOfRefusals !== true) return problems;
  warnings.push(...problems.map(({ field, message }) => `${field}: ${message}`));
  return [];
}

const STATIC_PODS_USER = `system:serviceaccount:kube-system:${STATIC_PODS}`;

/** The main endpoint of pods. */
export const pods: Strategy = {
  ...plain,
  fields: FIELDS,
  printer,
  defaults: (object) => objectOf(defaultPod(toPod(object))),
  admit,
  admitUpdate: (object) => objectOf(admitPodUpdate(toPod(object))),
  prepareForCreate: (object, { now }) => objectOf(prepareForCreate(toPod(object), now)),
  validate: (object, call) => {
    const problems = validatePod(toPod(object));
    return problems.length > 0
      ? problems
      : refusals(call, refusePod(toPod(object), call.ports.settings));
  },
  warnings: (object) => [...podWarnings(toPod(object)), ...limitWarnings(toPod(object))],
  prepareForUpdate: keepStatus,
  validateUpdate: (next, old) => validatePodUpdate(toPod(next), toPod(old)),
  resetFields: ['status'],
  generation: true,
  returnsDeleted: true,
  graceSeconds,
  refuseDelete: ({ metadata }, { ports, user }) =>
    ports.settings.staticPods !== undefined && isStatic(metadata) && user.name !== STATIC_PODS_USER
      ? 'it is a static pod: remove its file from the directory of static pods instead'
      : undefined,
  createRecords: (object, ports) => recordsFor(ports, toPod(object)),
  removalRecords: (object, { ports }) => removalRecords(ports, toPod(object)),
  creating: ({ ports }) => keepSweepOn(ports),
  created: (object, { ports }) => podCreated(ports, toPod(object)),
  updated: async (object, old, { ports }) => {
    await podEdited(ports, toPod(object), toPod(old));
    await placementEdited(ports, toPod(object), toPod(old));
  },
  deleting: (object, { ports }) => podDeleting(ports, toPod(object)),
  removed: (object, { ports }) => podRemoved(ports, toPod(object)),
};

/** `/status` of pods. */
export const podStatus: Strategy = statusOf(pods, (next, old) =>
  validatePodStatusUpdate(toPod(next), toPod(old)),
);
