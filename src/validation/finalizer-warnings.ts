// What apiextensions-apiserver warns of in finalizers of custom objects, where core kinds refuse.
import { qualifiedNameProblems } from './names.ts';

const STANDARD = ['kubernetes', 'foregroundDeletion', 'orphan'];

/** Warnings for finalizers that are new to an object. */
export const finalizerWarnings = (finalizers: readonly string[]): string[] =>
  [...finalizers].sort().flatMap((finalizer) => {
    const head = `metadata.finalizers: ${JSON.stringify(finalizer)}: `;
    const problems = qualifiedNameProblems(finalizer).map((text) => `${head}${text}`);
    if (finalizer.includes('/') || STANDARD.includes(finalizer)) return problems;
    const path = finalizer.includes('.') ? ' including a path (/)' : '';
    return [
      ...problems,
      `${head}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    ];
  });
