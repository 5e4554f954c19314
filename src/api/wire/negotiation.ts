// Accept: whether the caller gets JSON, YAML, a Table or PartialObjectMetadata.
import { ApiError } from '../../errors.ts';

export interface Output {
  format: 'json' | 'yaml';
  /** Whether to indent by two blanks. */
  pretty: boolean;
  as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** The version of meta.k8s.io: v1 or v1beta1. */
  asVersion?: string;
}

interface Clause {
  type: string;
  parameters: Map<string, string>;
  quality: number;
}

const AVAILABLE = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const STREAMS = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

function parseAccept(header: string): Clause[] {
  const clauses = header.split(',').map((text): Clause => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map(
      rest.map((part): [string, string] => [
        part.split('=')[0]?.trim() ?? '',
        part.split('=').slice(1).join('=').trim(),
      ]),
    );
    return { type: type.toLowerCase(), parameters, quality: Number(parameters.get('q') ?? 1) };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/** undefined: not served. Protobuf is accepted in bodies; clients that ask for it are answered in JSON, which they read as well. */
function formatOf(type: string): Output['format'] | undefined {
  if (type === 'application/yaml') return 'yaml';
  return [
    'application/json',
    '*/*',
    'application/*',
    'application/vnd.kubernetes.protobuf',
  ].includes(type)
    ? 'json'
    : undefined;
}

const TRANSFORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const;

function transformOf({ type, parameters }: Clause): Pick<Output, 'as' | 'asVersion'> | undefined {
  const wanted = parameters.get('as');
  if (wanted === undefined) return {};
  const as = TRANSFORMS.find((name) => name === wanted);
  const version = parameters.get('v') ?? '';
  if (
    as === undefined ||
    parameters.get('g') !== 'meta.k8s.io' ||
    !['v1', 'v1beta1'].includes(version)
  )
    return undefined;
  // Tables are JSON or YAML; where a client asks for one in protobuf first, its next clause counts.
  return as === 'Table' && type.endsWith('protobuf') ? undefined : { as, asVersion: version };
}

function isPretty(request: Request, query: URLSearchParams, clause: Clause | undefined): boolean {
  const wanted = query.get('pretty');
  if (wanted !== null) return ['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(wanted);
  if (clause?.parameters.get('pretty') === '1') return true;
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers.get('user-agent') ?? '');
}

/** The form of the answer; throws 406 where nothing acceptable is served. `tables`: false for kinds that are answered and never stored. */
export function negotiate(request: Request, query: URLSearchParams, tables = true): Output {
  const header = request.headers.get('accept');
  if (header === null || header.trim() === '')
    return { format: 'json', pretty: isPretty(request, query, undefined) };
  const clauses = parseAccept(header);
  let known = false;
  for (const clause of clauses) {
    const format = formatOf(clause.type);
    if (format === undefined) continue;
    known = true;
    const transform = transformOf(clause);
    if (transform !== undefined && (tables || transform.as !== 'Table'))
      return { format, pretty: isPretty(request, query, clause), ...transform };
  }
  if (known)
    throw new ApiError(
      'NotAcceptable',
      `only the following media types are accepted: ${AVAILABLE}`,
    );
  throw new ApiError(
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${AVAILABLE}, ${STREAMS}`,
    { empty: true },
  );
}

/** The format of a request's body; throws 415 where it is not served. */
export function bodyFormat(request: Request): 'json' | 'yaml' | 'protobuf' {
  const type =
    (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  if (type === 'application/vnd.kubernetes.protobuf') return 'protobuf';
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${AVAILABLE}`,
  );
}
