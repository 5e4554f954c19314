// Which names of a definition are accepted, and the conditions that report it. Names are unique within a group; the first owner keeps one.
import { isDeepStrictEqual } from 'node:util';
import type { Condition, Definition, Names } from './definition.ts';
import { present } from '../../present.ts';

interface Taken {
  resources: Set<string>;
  kinds: Set<string>;
}

/** The names that the other definitions of the group have. */
function takenBy(others: readonly Definition[]): Taken {
  const names = others.map(({ status }) => status.acceptedNames);
  return {
    resources: new Set(
      names.flatMap(({ plural, singular = '', shortNames = [] }) => [
        plural,
        singular,
        ...shortNames,
      ]),
    ),
    kinds: new Set(names.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  };
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

interface Verdict {
  names: Names;
  conflict?: { reason: string; message: string };
}

/** Accepts every name that is free or already the definition's own; the last conflict is reported. */
function verdictOn({ spec, status }: Definition, taken: Taken): Verdict {
  const accepted: Names = { ...status.acceptedNames };
  let conflict: Verdict['conflict'];
  for (const [member, reason, used] of [
    ['plural', 'PluralConflict', taken.resources],
    ['singular', 'SingularConflict', taken.resources],
    ['kind', 'KindConflict', taken.kinds],
    ['listKind', 'ListKindConflict', taken.kinds],
  ] as const) {
    const name = spec.names[member] ?? '';
    if (name !== status.acceptedNames[member] && used.has(name))
      conflict = { reason, message: inUse(name) };
    else if (name !== '') accepted[member] = name;
    if (member === 'singular') {
      const own = new Set(status.acceptedNames.shortNames);
      const clashes = (spec.names.shortNames ?? []).filter(
        (short) => !own.has(short) && taken.resources.has(short),
      );
      if (clashes.length === 0) accepted.shortNames = spec.names.shortNames ?? [];
      else
        conflict = {
          reason: 'ShortNamesConflict',
          message:
            clashes.length === 1 ? inUse(clashes[0] ?? '') : `[${clashes.map(inUse).join(', ')}]`,
        };
    }
  }
  const { plural, singular, shortNames = [], kind, listKind } = accepted;
  return {
    names: {
      plural,
      ...present({
        singular,
        shortNames: shortNames.length > 0 ? shortNames : undefined,
      }),
      kind,
      ...present({ listKind, categories: spec.names.categories }),
    },
    ...present({ conflict }),
  };
}

/** The conditions with this one; its time changes only with its status. */
export function withCondition(
  conditions: readonly Condition[] | null,
  condition: Condition,
  now: string,
): Condition[] {
  const known = (conditions ?? []).find(({ type }) => type === condition.type);
  const next = {
    ...condition,
    lastTransitionTime:
      known?.status === condition.status ? (known.lastTransitionTime ?? now) : now,
  };
  return known === undefined
    ? [...(conditions ?? []), next]
    : (conditions ?? []).map((one) => (one === known ? next : one));
}

/** The definition with its accepted names and the conditions NamesAccepted and Established; the same object if nothing changes. */
export function acceptNames(
  definition: Definition,
  others: readonly Definition[],
  now: string,
): Definition {
  const { names, conflict } = verdictOn(definition, takenBy(others));
  const accepted: Condition =
    conflict === undefined
      ? {
          type: 'NamesAccepted',
          status: 'True',
          reason: 'NoConflicts',
          message: 'no conflicts found',
        }
      : { type: 'NamesAccepted', status: 'False', ...conflict };
  const known = (definition.status.conditions ?? []).find(({ type }) => type === 'Established');
  const established: Condition =
    known?.status === 'True'
      ? known
      : conflict === undefined
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : {
            type: 'Established',
            status: 'False',
            reason: 'NotAccepted',
            message: 'not all names are accepted',
          };
  const status = {
    ...definition.status,
    acceptedNames: names,
    conditions: withCondition(
      withCondition(definition.status.conditions, accepted, now),
      established,
      now,
    ),
  };
  return isDeepStrictEqual(status, definition.status) ? definition : { ...definition, status };
}
