// APIService: charts of API servers that extend Kubernetes' bring it. droppod forwards no request to another server, and says so.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { RESOURCES } from '../../kinds/resources.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { isMap, listOf } from '../../own.ts';
import { between, invalidValue, required } from '../../validation/field-errors.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

/** droppod's own group version, which an APIService speaks of without another server. */
const isOwn = (object: KubeObject): boolean =>
  RESOURCES.some(
    ({ group, version }) =>
      group === text(object, 'spec', 'group') && version === text(object, 'spec', 'version'),
  );

/** The status of a new one: nothing ever changes it but a client. */
function available(object: KubeObject, now: Date): unknown {
  const local = member(object, 'spec', 'service') === undefined;
  const served = isOwn(object);
  const [status, reason, message] = served
    ? ['True', 'Local', 'Local APIServices are always available']
    : local
      ? ['False', 'NotServed', 'droppod does not serve this group version']
      : ['False', 'NotForwarded', 'droppod forwards no request to another API server'];
  return {
    conditions: [
      { type: 'Available', status, lastTransitionTime: wholeSeconds(now), reason, message },
    ],
  };
}

function problemsOf(object: KubeObject): FieldError[] {
  const [group, version] = [text(object, 'spec', 'group'), text(object, 'spec', 'version')];
  const name = object.metadata.name ?? '';
  const wanted = `${version}.${group}`;
  const service = member(object, 'spec', 'service');
  const priority = (field: string, most: number): FieldError[] =>
    between(`spec.${field}`, Number(member(object, 'spec', field) ?? 0), 1, most);
  return [
    ...(name === wanted
      ? []
      : [
          invalidValue(
            'metadata.name',
            name,
            `must be \`spec.version+"."+spec.group\`: "${wanted}"`,
          ),
        ]),
    ...(version === '' ? [required('spec.version')] : []),
    ...priority('groupPriorityMinimum', 20_000),
    ...priority('versionPriority', 1_000),
    ...(isMap(service)
      ? ['namespace', 'name']
          .filter((part) => text(service, part) === '')
          .map((part) => required(`spec.service.${part}`))
      : []),
    ...(member(object, 'spec', 'insecureSkipTLSVerify') === true && text(object, 'spec', 'caBundle')
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ];
}

const warningsOf = (object: KubeObject): string[] =>
  isOwn(object)
    ? []
    : [
        'spec: stored, but droppod forwards no request to another API server; the group is not served',
      ];

/** What kube-aggregator prints: the Service, and the condition with its reason. */
function cells(object: KubeObject): [string, string] {
  const service = member(object, 'spec', 'service');
  const condition = listOf(member(object, 'status', 'conditions')).find(
    (one) => text(one, 'type') === 'Available',
  );
  const status = text(condition, 'status');
  return [
    isMap(service) ? `${text(service, 'namespace')}/${text(service, 'name')}` : 'Local',
    status === 'True' ? status : `${status || 'Unknown'} (${text(condition, 'reason')})`,
  ];
}

/** The main endpoint, which may not write the status. */
export const apiServices: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Service', 'The reference to the service that hosts this API endpoint.'),
      column('Available', 'Whether this service is available.'),
      ageColumn(),
    ],
    (object) => [object.metadata.name ?? '', ...cells(object), age(object)],
  ),
  defaults: (object) => {
    const service = member(object, 'spec', 'service');
    return isMap(service) && isMap(object['spec'])
      ? { ...object, spec: { ...object['spec'], service: { port: 443, ...service } } }
      : object;
  },
  prepareForCreate: (object, { now }) => ({ ...object, status: available(object, now) }),
  prepareForUpdate: keepStatus,
  validate: (object, call) => [...plain.validate(object, call), ...problemsOf(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...problemsOf(next),
  ],
  warnings: warningsOf,
  resetFields: ['status'],
};

/** `/status` of APIServices. */
export const apiServiceStatus: Strategy = statusOf(apiServices);
