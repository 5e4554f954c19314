// Field selectors of queries: `a=b,c!=d`, on the fields that a kind declares.
import { badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import type { Matcher } from './label-selector.ts';

/** Selectable fields beside metadata.name and metadata.namespace. `own`: the kind has its own message for unknown fields. */
export interface SelectableFields {
  own: boolean;
  fields: { [path: string]: (object: KubeObject) => string };
}

export interface FieldSelector {
  matches: Matcher<KubeObject>;
  /** The name that every matching object has. */
  name?: string;
}

interface Term {
  field: string;
  value: string;
  equal: boolean;
}

/** Splits at separators that are not escaped by a backslash. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...terms, text.slice(from)].filter((part) => part !== '');
}

const OPERATORS = ['!=', '==', '='];

/** The first operator that is not escaped by a backslash. */
function operatorOf(text: string): { at: number; operator: string } | undefined {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else {
      const operator = OPERATORS.find((known) => text.startsWith(known, at));
      if (operator !== undefined) return { at, operator };
    }
  }
  return undefined;
}

function parseTerm(text: string): Term {
  const found = operatorOf(text);
  if (found === undefined)
    throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const { at, operator } = found;
  const value = text.slice(at + operator.length).replaceAll(/\\([\\,=])/g, '$1');
  return { field: text.slice(0, at), value, equal: operator !== '!=' };
}

/** A matcher for objects; throws 400 for a field that the kind does not select by. */
export function parseFieldSelector(
  text: string,
  { own: ownWords, fields }: SelectableFields,
  namespaced: boolean,
): FieldSelector {
  if (text === '') return { matches: () => true };
  const terms = splitTerms(text).map(parseTerm);
  const readers = terms.map((term): { term: Term; read: (object: KubeObject) => string } => {
    const read =
      term.field === 'metadata.name'
        ? nameOf
        : term.field === 'metadata.namespace' && (namespaced || !ownWords)
          ? namespaceOf
          : own(fields, term.field);
    if (read !== undefined) return { term, read };
    throw badRequest(
      ownWords
        ? `field label not supported: ${term.field}`
        : `"${term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  });
  const named = terms.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
  return {
    matches: (object) =>
      readers.every(({ term, read }) => (read(object) === term.value) === term.equal),
    ...present({ name: named }),
  };
}

/** The name that a selector demands, whatever the kind; undefined where it demands none or cannot be read. */
export function selectedName(text: string): string | undefined {
  const terms = splitTerms(text);
  if (!terms.every((term) => operatorOf(term) !== undefined)) return undefined;
  return terms.map(parseTerm).find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
}

const nameOf = (object: KubeObject): string => object.metadata.name ?? '';
const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? '';
