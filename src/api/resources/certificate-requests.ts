// CertificateSigningRequest: stored, approved and denied as in Kubernetes. Nothing here signs; a signer of the user's own may.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { isMap, listOf } from '../../own.ts';
import { humanDuration } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

type Condition = Record<string, unknown>;

const conditionsOf = (object: KubeObject): Condition[] =>
  listOf(member(object, 'status', 'conditions')).filter(isMap);
const isApproval = ({ type }: Condition): boolean => type === 'Approved' || type === 'Denied';

/** Who asks is who is logged in, whatever the body says. */
function withCaller(object: KubeObject, { user }: Call): KubeObject {
  return {
    ...object,
    spec: {
      ...(isMap(object['spec']) ? object['spec'] : {}),
      username: user.name,
      groups: user.groups,
      ...present({ uid: user.uid, extra: user.extra }),
    },
    status: {},
  };
}

const PEM = /^-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s/;

function problemsOf(object: KubeObject): FieldError[] {
  const request = text(object, 'spec', 'request');
  const signer = text(object, 'spec', 'signerName');
  const usages = listOf(member(object, 'spec', 'usages'));
  const seconds = member(object, 'spec', 'expirationSeconds');
  return [
    ...(PEM.test(Buffer.from(request, 'base64').toString('latin1'))
      ? []
      : [invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST')]),
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...(signer === ''
      ? [required('spec.signerName')]
      : /^[a-z0-9.-]+\.[a-z0-9-]+\/.+$/.test(signer)
        ? []
        : [
            invalidValue(
              'spec.signerName',
              signer,
              'must be a fully qualified domain and path of the form "example.com/signer-name"',
            ),
          ]),
    ...(typeof seconds === 'number' && seconds < 600
      ? [
          invalidValue(
            'spec.expirationSeconds',
            seconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          ),
        ]
      : []),
  ];
}

/** Conditions with the times that a client leaves out; a condition that stays as it was keeps its own. */
function stamped(conditions: readonly Condition[], old: KubeObject, now: Date): Condition[] {
  return conditions.map((condition) => {
    const was = conditionsOf(old).find(({ type }) => type === condition['type']);
    return {
      ...condition,
      lastUpdateTime: condition['lastUpdateTime'] ?? wholeSeconds(now),
      lastTransitionTime:
        condition['lastTransitionTime'] ??
        (was?.['status'] === condition['status'] ? was?.['lastTransitionTime'] : undefined) ??
        wholeSeconds(now),
    };
  });
}

function conditionProblems(object: KubeObject, old: KubeObject): FieldError[] {
  const conditions = conditionsOf(object);
  const has = (name: string): boolean => conditions.some(({ type }) => type === name);
  const field = 'status.conditions';
  return [
    ...(has('Approved') && has('Denied')
      ? [invalidValue(field, 'Denied', 'Approved and Denied conditions are mutually exclusive')]
      : []),
    ...conditions.flatMap((condition, index) =>
      isApproval(condition) && condition['status'] !== 'True'
        ? [invalidValue(`${field}[${index}].status`, condition['status'], 'must be "True"')]
        : [],
    ),
    ...conditionsOf(old)
      .filter((was) => (isApproval(was) || was['type'] === 'Failed') && !has(String(was['type'])))
      .map((was) =>
        invalidValue(
          field,
          was['type'],
          `updates may not remove a condition of type "${String(was['type'])}"`,
        ),
      ),
  ];
}

function stateOf(object: KubeObject): string {
  const types = conditionsOf(object).map(({ type }) => String(type));
  const states = ['Approved', 'Denied', 'Failed'].filter((one) => types.includes(one));
  const issued = text(object, 'status', 'certificate') === '' ? [] : ['Issued'];
  return [...(states.length === 0 ? ['Pending'] : states), ...issued].join(',');
}

function durationOf(object: KubeObject): string {
  const seconds = member(object, 'spec', 'expirationSeconds');
  return typeof seconds === 'number' ? humanDuration(seconds * 1_000) : '<none>';
}

/** The main endpoint, which writes neither the request nor its status. */
export const certificateRequests: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: { 'spec.signerName': (object) => text(object, 'spec', 'signerName') },
  },
  printer: lazyPrinter(
    () => [
      nameColumn(),
      ageColumn(),
      column('SignerName', 'Who is asked to sign'),
      column('Requestor', 'Who asks'),
      column('RequestedDuration', 'How long the certificate is to be valid'),
      column('Condition', 'What has become of the request'),
    ],
    (object) => [
      object.metadata.name ?? '',
      age(object),
      text(object, 'spec', 'signerName') || '<none>',
      text(object, 'spec', 'username'),
      durationOf(object),
      stateOf(object),
    ],
  ),
  prepareForCreate: withCaller,
  prepareForUpdate: (next, old) => ({
    ...next,
    ...present({ spec: old['spec'], status: old['status'] }),
  }),
  validate: (object, call) => [...plain.validate(object, call), ...problemsOf(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...immutable('spec', next['spec'], old['spec']),
  ],
  warnings: () => ['spec: stored, but nothing in droppod signs certificates'],
  resetFields: ['status'],
};

/** An endpoint that writes the conditions which `mine` takes; `whole`: the rest of the status too. */
const part = (mine: (condition: Condition) => boolean, whole: boolean): Strategy => ({
  ...certificateRequests,
  prepareForUpdate: (next, old, { now }) => {
    const source = whole ? next['status'] : old['status'];
    const { conditions: _all, ...rest } = isMap(source) ? source : {};
    const conditions = [
      ...conditionsOf(old).filter((condition) => !mine(condition)),
      ...stamped(conditionsOf(next).filter(mine), old, now),
    ];
    return {
      ...next,
      ...present({ spec: old['spec'] }),
      status: {
        ...rest,
        ...present({ conditions: conditions.length > 0 ? conditions : undefined }),
      },
    };
  },
  validateUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...conditionProblems(next, old),
  ],
  resetFields: ['spec'],
});

/** `/approval`: every condition, Approved and Denied among them. */
export const certificateApproval: Strategy = part(() => true, false);

/** `/status`: the certificate, and conditions other than Approved and Denied. */
export const certificateStatus: Strategy = part((condition) => !isApproval(condition), true);
