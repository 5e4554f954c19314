// Events: core/v1 and events.k8s.io/v1 are two forms of one stored object (the core form).
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { age } from '../../pod/status/human-duration.ts';
import { column, fieldDescription, lazyPrinter } from './columns.ts';
import { member, plain, text } from './plain.ts';
import type { SelectableFields } from '../selectors/field-selector.ts';
import type { Strategy } from './strategy.ts';

/** A member of the core form -> the same member in events.k8s.io. */
const RENAMED: [string, string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: KubeObject, pairs: [string, string][]): KubeObject {
  const names = new Map(pairs);
  return Object.assign(
    { metadata: object.metadata },
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]),
    ),
  );
}

/** Go prints these members of a core Event even when they are empty. */
const complete = (object: KubeObject): KubeObject => ({
  involvedObject: {},
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
  ...object,
});

const sourceOf = (object: KubeObject): string =>
  text(object, 'source', 'component') || text(object, 'reportingComponent');

function selectable(reference: string, controller: string): SelectableFields {
  const parts = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    own: true,
    fields: {
      ...Object.fromEntries(
        parts.map((part) => [
          `${reference}.${part}`,
          (object: KubeObject) => text(object, 'involvedObject', part),
        ]),
      ),
      reason: (object) => text(object, 'reason'),
      type: (object) => text(object, 'type'),
      source: sourceOf,
      [controller]: (object) => text(object, 'reportingComponent'),
    },
  };
}

function printedSource(object: KubeObject): string {
  const component = text(object, 'source', 'component');
  const host = text(object, 'source', 'host');
  if (component || host) return host ? `${component}, ${host}` : component;
  const instance = text(object, 'reportingInstance');
  return instance
    ? `${text(object, 'reportingComponent')}, ${instance}`
    : text(object, 'reportingComponent');
}

function cells(object: KubeObject): Cell[] {
  const first = member(object, 'firstTimestamp') ?? member(object, 'eventTime');
  const last =
    member(object, 'series', 'lastObservedTime') ?? member(object, 'lastTimestamp') ?? first;
  const count = Number(member(object, 'series', 'count') ?? member(object, 'count') ?? 1);
  const target = `${text(object, 'involvedObject', 'kind').toLowerCase()}/${text(object, 'involvedObject', 'name')}`;
  return [
    age(last),
    text(object, 'type'),
    text(object, 'reason'),
    target,
    text(object, 'involvedObject', 'fieldPath'),
    printedSource(object),
    text(object, 'message').trim(),
    age(first),
    count,
    object.metadata.name ?? '',
  ];
}

const printer = lazyPrinter(
  () => [
    column('Last Seen', fieldDescription('Event', 'lastTimestamp')),
    column('Type', fieldDescription('Event', 'type')),
    column('Reason', fieldDescription('Event', 'reason')),
    column('Object', fieldDescription('Event', 'involvedObject')),
    column('Subobject', fieldDescription('ObjectReference', 'fieldPath'), 1),
    column('Source', fieldDescription('Event', 'source'), 1),
    column('Message', fieldDescription('Event', 'message')),
    column('First Seen', fieldDescription('Event', 'firstTimestamp'), 1),
    column('Count', fieldDescription('Event', 'count'), 1),
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: fieldDescription('Event', 'metadata'),
      priority: 1,
    },
  ],
  cells,
);

const at = (field: string, reason: string, message: string): FieldError => ({
  field,
  reason,
  message,
});

function validateCore(object: KubeObject): FieldError[] {
  const problems = validateObjectMeta(object.metadata, { namespaced: true, name: 'subdomain' });
  const namespace = object.metadata.namespace ?? '';
  const about = text(object, 'involvedObject', 'namespace');
  const matches = about === '' ? namespace === 'default' : about === namespace;
  if (!matches)
    problems.push(
      at(
        'involvedObject.namespace',
        'FieldValueInvalid',
        `Invalid value: ${JSON.stringify(about)}: does not match event.namespace`,
      ),
    );
  if (!member(object, 'eventTime')) return problems;
  return [...problems, ...validateNewForm(object)];
}

/** Rules for events with an eventTime. */
function validateNewForm(object: KubeObject): FieldError[] {
  const problems: FieldError[] = [];
  for (const [name, shown] of [
    ['reportingComponent', 'reportingController'],
    ['reportingInstance', 'reportingInstance'],
    ['action', 'action'],
    ['reason', 'reason'],
  ] as const) {
    const value = text(object, name);
    if (value === '') problems.push(at(shown, 'FieldValueRequired', 'Required value'));
    else if (value.length > 128)
      problems.push(
        at(shown, 'FieldValueInvalid', 'Invalid value: "": can have at most 128 characters'),
      );
  }
  if (text(object, 'message').length > 1024)
    problems.push(
      at('message', 'FieldValueInvalid', 'Invalid value: "": can have at most 1024 characters'),
    );
  return problems;
}

function validateEventsGroup(object: KubeObject): FieldError[] {
  const problems = validateObjectMeta(object.metadata, { namespaced: true, name: 'subdomain' });
  const type = text(object, 'type');
  if (!member(object, 'eventTime'))
    problems.push(at('eventTime', 'FieldValueRequired', 'Required value'));
  if (type !== 'Normal' && type !== 'Warning')
    problems.push(at('type', 'FieldValueInvalid', `Invalid value: "": has invalid value: ${type}`));
  const namespace = object.metadata.namespace ?? '';
  const about = text(object, 'involvedObject', 'namespace');
  if (about !== namespace && !(about === '' && namespace === 'default'))
    problems.push(
      at(
        'involvedObject.namespace',
        'FieldValueInvalid',
        `Invalid value: ${JSON.stringify(about)}: does not match event.namespace`,
      ),
    );
  return [...problems, ...(member(object, 'eventTime') ? validateNewForm(object) : [])];
}

/** Events of the core group. */
export const events: Strategy = {
  ...plain,
  fields: selectable('involvedObject', 'reportingComponent'),
  printer,
  validate: (object) => validateCore(object),
  validateUpdate: (next) => validateCore(next),
  createOnUpdate: true,
  toWire: complete,
};

const FORWARD: [string, string][] = RENAMED;
const BACKWARD: [string, string][] = RENAMED.map(([core, other]) => [other, core]);

/** Events of events.k8s.io. */
export const groupEvents: Strategy = {
  ...events,
  fields: selectable('regarding', 'reportingController'),
  validate: (object) => validateEventsGroup(object),
  validateUpdate: (next, old) => [
    ...validateCore(next),
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
  ],
  fromWire: (object) => rename(object, BACKWARD),
  toWire: (object) =>
    rename(
      {
        eventTime: null,
        deprecatedSource: {},
        deprecatedFirstTimestamp: null,
        deprecatedLastTimestamp: null,
        ...object,
      },
      FORWARD,
    ),
};
