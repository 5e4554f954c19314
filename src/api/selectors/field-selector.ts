// Field selectors of queries: `a=b,c!=d`, on the fields that a kind declares.
import { badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import type { Matcher } from './label-selector.ts';

/** Selectable fields beside metadata.name and metadata.namespace. `own`: the kind names unknown fields in its own words. */
export interface SelectableFields {
  own: boolean;
  fields: { [path: string]: (object: KubeObject) => string };
}

export interface FieldSelector {
  matches: Matcher<KubeObject>;
  /** Every object that matches has this name. */
  name?: string;
}

interface Term {
  field: string;
  value: string;
  equal: boolean;
}

/** Splits at separators that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') term += text.slice(at, ++at + 1);
    else if (text[at] === ',') {
      terms.push(term);
      term = '';
    } else term += text[at] ?? '';
  }
  return [...terms, term].filter((part) => part !== '');
}

function parseTerm(text: string): Term {
  const parts = /^((?:[^=!\\]|\\.|!(?!=))*)(!=|==|=)(.*)$/s.exec(text);
  if (parts === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const value = (parts[3] ?? '').replaceAll(/\\([\\,=])/g, '$1');
  return { field: parts[1] ?? '', value, equal: parts[2] !== '!=' };
}

/** A matcher for objects; 400 for a field that the kind does not select by. */
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

const nameOf = (object: KubeObject): string => object.metadata.name ?? '';
const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? '';
