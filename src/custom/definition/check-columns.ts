// Printer columns and the paths of the scale subresource.
import type { FieldError } from '../../errors.ts';
import type { CustomColumn, ScalePaths } from '../../kinds/custom-kind.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import { parseJsonPath, simplePath } from '../json-path.ts';

const TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const FORMATS = [
  'binary',
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];

/** Problems of additional printer columns. */
export const checkColumns = (columns: readonly CustomColumn[], path: string): FieldError[] =>
  columns.flatMap((column, index) => columnProblems(column, `${path}[${index}]`));

function columnProblems(
  { name = '', type = '', format = '', jsonPath = '' }: Partial<CustomColumn>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`));
  if (type === '') errors.push(required(`${path}.type`, `must be one of ${TYPES.join(',')}`));
  else if (!TYPES.includes(type))
    errors.push(invalidValue(`${path}.type`, type, `must be one of ${TYPES.join(',')}`));
  if (format !== '' && !FORMATS.includes(format))
    errors.push(invalidValue(`${path}.format`, format, `must be one of ${FORMATS.join(',')}`));
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith('.'))
    errors.push(
      invalidValue(`${path}.JSONPath`, jsonPath, 'must be a simple json path starting with .'),
    );
  else if (parseJsonPath(jsonPath) === undefined)
    errors.push(
      invalidValue(
        `${path}.JSONPath`,
        jsonPath,
        'droppod cannot read this path: it takes members, indices, slices, [*], .. and filters such as [?(@.type=="Ready")]',
      ),
    );
  return errors;
}

/** Problems of the scale subresource's paths. */
export function checkScale(scale: Partial<ScalePaths> | undefined, path: string): FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  return [
    ...pathProblems(`${path}.scale.specReplicasPath`, specReplicasPath, ['.spec.'], '.spec'),
    ...pathProblems(
      `${path}.scale.statusReplicasPath`,
      statusReplicasPath,
      ['.status.'],
      '.status',
    ),
    ...(labelSelectorPath === ''
      ? []
      : pathProblems(
          `${path}.scale.labelSelectorPath`,
          labelSelectorPath,
          ['.spec.', '.status.'],
          'either .spec or .status',
        )),
  ];
}

function pathProblems(
  field: string,
  text: string,
  prefixes: string[],
  place: string,
): FieldError[] {
  if (text === '') return [required(field)];
  if (!text.startsWith('.'))
    return [invalidValue(field, text, 'must be a simple json path starting with .')];
  if (simplePath(text) === undefined)
    return [invalidValue(field, text, 'must be a json path in the dot notation')];
  return prefixes.some((prefix) => text.startsWith(prefix))
    ? []
    : [invalidValue(field, text, `should be a json path under ${place}`)];
}
