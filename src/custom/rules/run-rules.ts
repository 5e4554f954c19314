// Placeholder, replaced below.
import type { FieldError } from '../../errors.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import type { KubeObject } from '../../kinds/pod.ts';

/** Findings of rules. */
export const ruleFindings = (
  _schema: JsonSchema,
  _object: KubeObject,
  _old: KubeObject | undefined,
  _blocked: boolean,
): FieldError[] => [];
