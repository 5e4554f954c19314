// Query options of writing verbs and lists, checked with Kubernetes' messages.
import { ApiError, badRequest, invalid } from '../../errors.ts';
import type { FieldError } from '../../errors.ts';

export type FieldValidation = 'Ignore' | 'Strict' | 'Warn';

export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: FieldValidation;
  force: boolean;
}

/** A Go bool as its query parser reads it: `true`, `1` and the bare parameter are true; anything else is false. */
export const boolOption = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return (
    value !== null &&
    value !== 'false' &&
    value !== '0' &&
    (value === '' || /^(1|t|T|true|TRUE|True)$/.test(value))
  );
};

/** An int64 of the query; throws 400 for anything else. */
export function intOption(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (Math.abs(Number(value)) > 2 ** 63)
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return Number(value);
}

const NON_PRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** The manager that the client names, else its User-Agent up to the first slash. */
function managerOf(request: Request, query: URLSearchParams): string {
  const named = query.get('fieldManager');
  if (named) return named;
  const agent = (request.headers.get('user-agent') ?? '').split('/')[0] ?? '';
  const printable = agent.replaceAll(new RegExp(NON_PRINTABLE, 'gu'), '');
  return Buffer.from(printable).subarray(0, 128).toString('utf8') || 'unknown';
}

export function checkDryRun(values: string[]): FieldError[] {
  if (values.every((value) => value === 'All')) return [];
  return [
    {
      field: 'dryRun',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
    },
  ];
}

function checkManager(manager: string): FieldError[] {
  if (Buffer.byteLength(manager) > 128)
    return [
      {
        field: 'fieldManager',
        reason: 'FieldValueTooLong',
        message: 'Too long: may not be more than 128 bytes',
      },
    ];
  const at = [...manager].findIndex((character) => NON_PRINTABLE.test(character));
  if (at < 0) return [];
  const code = [...manager][at]?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
  return [
    {
      field: 'fieldManager',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${at})`,
    },
  ];
}

/** Options of create, update and patch; `kind` names them in the 422 (`CreateOptions`). */
export function writeOptions(
  request: Request,
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteOptions {
  const validation = query.get('fieldValidation') ?? '';
  const force = boolOption(query, 'force');
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const errors = [
    ...checkDryRun(dryRun),
    ...(apply && !query.get('fieldManager')
      ? [
          {
            field: 'fieldManager',
            reason: 'FieldValueRequired',
            message: 'Required value: is required for apply patch',
          },
        ]
      : []),
    ...checkManager(query.get('fieldManager') ?? ''),
    ...(!apply && query.has('force') && kind === 'PatchOptions'
      ? [
          {
            field: 'force',
            reason: 'FieldValueForbidden',
            message: 'Forbidden: may not be specified for non-apply patch',
          },
        ]
      : []),
    ...(['', 'Ignore', 'Strict', 'Warn'].includes(validation)
      ? []
      : [
          {
            field: 'fieldValidation',
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
          },
        ]),
  ];
  if (errors.length > 0) throw invalid(kind, '', errors, 'meta.k8s.io');
  return {
    dryRun: dryRun.length > 0,
    fieldManager: managerOf(request, query),
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
    force,
  };
}

export interface ListOptions {
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continue: string;
  /** undefined: the most recent version. */
  resourceVersion: string | undefined;
  match: '' | 'Exact' | 'NotOlderThan';
  watch: boolean;
  bookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  timeoutSeconds: number | undefined;
}

const forbiddenField = (field: string, detail: string): FieldError => ({
  field,
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
});

function checkList(query: URLSearchParams, watch: boolean): FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents');
  if (watch) {
    if (initial !== null && match !== 'NotOlderThan')
      return [
        forbiddenField(
          'resourceVersionMatch',
          'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        ),
      ];
    if (initial === null && match !== '')
      return [
        forbiddenField(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      ];
    return [];
  }
  if (initial !== null)
    return [forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
  if (match === '') return [];
  if (version === '')
    return [
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    ];
  if (query.get('continue'))
    return [
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden when continue is provided',
      ),
    ];
  if (match !== 'Exact' && match !== 'NotOlderThan')
    return [
      {
        field: 'resourceVersionMatch',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      },
    ];
  if (match === 'Exact' && version === '0')
    return [
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ),
    ];
  return [];
}

const versionProblem = (version: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;

/** A numeric resourceVersion of the query; for any other text get and watch answer 500, and list answers 400 (measured). */
export function versionOption(query: URLSearchParams, list: boolean): string | undefined {
  const version = query.get('resourceVersion') ?? '';
  if (version === '') return undefined;
  if (/^\d+$/.test(version)) return version;
  throw list
    ? badRequest(`invalid resource version: ${versionProblem(version)}`)
    : new ApiError('', versionProblem(version));
}

/** The options of list, watch and deletecollection. */
export function listOptions(query: URLSearchParams): ListOptions {
  const watch = boolOption(query, 'watch');
  const limit = intOption(query, 'limit') ?? 0;
  const errors = checkList(query, watch);
  if (errors.length > 0) throw invalid('ListOptions', '', errors, 'meta.k8s.io');
  const match = query.get('resourceVersionMatch');
  const token = query.get('continue') ?? '';
  if (
    token !== '' &&
    (query.get('resourceVersion') ?? '') !== '' &&
    query.get('resourceVersion') !== '0'
  )
    throw badRequest('specifying resource version is not allowed when using continue');
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: Math.max(0, limit),
    continue: token,
    resourceVersion: versionOption(query, !watch),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : '',
    watch,
    bookmarks: boolOption(query, 'allowWatchBookmarks'),
    sendInitialEvents: query.has('sendInitialEvents')
      ? boolOption(query, 'sendInitialEvents')
      : undefined,
    timeoutSeconds: intOption(query, 'timeoutSeconds'),
  };
}
