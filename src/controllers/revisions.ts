// A set's template history as ControllerRevisions (pkg/controller/history): which revision the template is, and which may be deleted.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap, own } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { selects } from '../pod/placement/selection.ts';
import { present } from '../present.ts';
import { fnv1, safeText, sortedJson } from '../workloads/hash.ts';
import type { PodTemplate } from '../workloads/pod-template.ts';
import { defaultTemplate } from '../workloads/pod-template.ts';
import type { Owner } from './claim.ts';
import { claim, controllerReference } from './claim.ts';
import type { World, Write } from './controller.ts';

export const REVISIONS = 'controllerrevisions.apps';
const NAME_PREFIX = 223;

export interface History {
  /** The owner's revisions, oldest first. */
  revisions: KubeObject[];
  /** The revision of the current template; it may exist only after the writes. */
  update: KubeObject;
  collisionCount: number;
  writes: Write[];
}

interface Subject {
  owner: Owner;
  selector: LabelSelector | undefined;
  template: PodTemplate;
  /** The label that holds a revision's hash. */
  hashLabel: string;
  collisionCount: number;
}

const numberOf = ({ revision }: KubeObject): number => Number(revision ?? 0);
/** Sorted by name, as Go writes them: clients find a set's revision by comparing bytes. */
const dataOf = (template: PodTemplate): object =>
  JSON.parse(sortedJson({ spec: { template: { ...template, $patch: 'replace' } } })) as object;

/** The template that a revision holds. */
export function templateOf({ data }: KubeObject): PodTemplate {
  const spec = isMap(data) && isMap(data['spec']) ? data['spec'] : {};
  const { $patch: _patch, ...template } = isMap(spec['template']) ? spec['template'] : {};
  return defaultTemplate(template);
}

/** The hash in a revision's name. */
export const hashOf = ({ metadata }: KubeObject, label: string): string =>
  own(metadata.labels, label) ?? '';

/** The history including the template's revision: an earlier one is reused under a new number, as after a rollback. */
export function historyOf(subject: Subject, world: World): History {
  const { owner, selector } = subject;
  const claimed = claim(
    REVISIONS,
    owner,
    (labels) => selects(selector, labels),
    world.list(REVISIONS),
  );
  const revisions = claimed.owned.sort((left, right) => numberOf(left) - numberOf(right));
  const collisionCount = subject.collisionCount + (isTaken(world) ? 1 : 0);
  const number = Math.max(0, ...revisions.map(numberOf)) + 1;
  const data = dataOf(subject.template);
  const equal = revisions.filter((revision) => isDeepStrictEqual(revision['data'], data)).at(-1);
  const history = { revisions, collisionCount };
  if (equal === undefined) {
    const update = newRevision(subject, data, number, collisionCount);
    const write: Write = { verb: 'create', resource: REVISIONS, object: update };
    return { ...history, update, writes: [...claimed.writes, write] };
  }
  if (equal === revisions.at(-1)) return { ...history, update: equal, writes: claimed.writes };
  const update = { ...equal, revision: number };
  const write: Write = { verb: 'update', resource: REVISIONS, object: update };
  return {
    ...history,
    revisions: [...revisions.filter((revision) => revision !== equal), update],
    update,
    writes: [...claimed.writes, write],
  };
}

/** Whether another owner's object has the new revision's name: the next hash counts the collision. */
const isTaken = ({ refused }: World): boolean =>
  refused.some(
    ({ write, reason }) =>
      write.verb === 'create' && write.resource === REVISIONS && reason === 'AlreadyExists',
  );

function newRevision(
  { owner, template, hashLabel }: Subject,
  data: object,
  revision: number,
  collisionCount: number,
): KubeObject {
  const { name = '', namespace, annotations } = owner.object.metadata;
  const hash = safeText(fnv1(Buffer.from(`${sortedJson(data)}${collisionCount}`)));
  return {
    metadata: {
      name: `${name.slice(0, NAME_PREFIX)}-${hash}`,
      ...present({ namespace, annotations }),
      labels: { ...template.metadata.labels, [hashLabel]: hash },
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision,
  };
}

/** Deletions of unused revisions beyond the limit, oldest first; a negative limit keeps all. */
export function truncation(
  { revisions, update }: History,
  isUsed: (revision: KubeObject) => boolean,
  limit: number,
): Write[] {
  const idle = revisions.filter(
    (revision) => revision.metadata.name !== update.metadata.name && !isUsed(revision),
  );
  const surplus = limit < 0 ? 0 : Math.max(0, idle.length - limit);
  return idle
    .slice(0, surplus)
    .map((object) => ({ verb: 'delete', resource: REVISIONS, object }) as const);
}
