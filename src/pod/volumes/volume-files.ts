// The files of one configMap, secret, downwardAPI or projected source (pkg/volume), before modes of fsGroup are applied.
import type { ConfigMap, Pod, Secret, Volume } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { fieldValue, resourceFieldValue, type FieldContext } from '../process/field-ref.ts';

/** Facts that were looked up for the files. */
export interface VolumeContext extends FieldContext {
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  /** A service account token; undefined: not available now. Its text must stay the same until its refresh is due. */
  token: (request: { audience?: string; expirationSeconds: number }) => string | undefined;
}

/** One file; `mode` only where the item has its own. */
export interface SourceFile {
  path: string;
  mode?: number;
  base64: string;
  /** A service account token: only its owner may read it where the owner is known. */
  token?: boolean;
}

export type Files = { files: SourceFile[] } | { missing: string };

interface KeyItem {
  key: string;
  path: string;
  mode?: number;
}

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const withMode = (file: SourceFile, mode: number | undefined): SourceFile =>
  mode === undefined ? file : { ...file, mode };

/** Every key, or only the listed ones under their paths; a missing key stops the pod unless the volume is optional. */
function keyFiles(
  content: { [key: string]: string },
  items: KeyItem[] | undefined,
  optional: boolean,
  missingKey: (key: string) => string,
): Files {
  if (items === undefined || items.length === 0)
    return { files: Object.entries(content).map(([path, base64]) => ({ path, base64 })) };
  const absent = items.find(({ key }) => own(content, key) === undefined);
  if (absent !== undefined && !optional) return { missing: missingKey(absent.key) };
  return {
    files: items.flatMap(({ key, path, mode }) => {
      const base64 = own(content, key);
      return base64 === undefined ? [] : [withMode({ path, base64 }, mode)];
    }),
  };
}

interface ObjectSource {
  name: string;
  items?: KeyItem[];
  optional?: boolean;
}

function configMapFiles(
  { name, items, optional = false }: ObjectSource,
  context: VolumeContext,
): Files {
  const configMap = context.configMap(name);
  if (configMap === undefined)
    return optional ? { files: [] } : { missing: `configmap "${name}" not found` };
  const text = Object.entries(configMap.data ?? {}).map(
    ([key, value]) => [key, encode(value)] as const,
  );
  const content = Object.fromEntries([...text, ...Object.entries(configMap.binaryData ?? {})]);
  return keyFiles(
    content,
    items,
    optional,
    (key) => `configmap references non-existent config key: ${key}`,
  );
}

function secretFiles(
  { name, items, optional = false }: ObjectSource,
  context: VolumeContext,
): Files {
  const secret = context.secret(name);
  if (secret === undefined)
    return optional ? { files: [] } : { missing: `secret "${name}" not found` };
  return keyFiles(
    secret.data ?? {},
    items,
    optional,
    (key) => `references non-existent secret key: ${key}`,
  );
}

type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

function downwardFiles(
  pod: Pod,
  items: readonly DownwardItem[] | undefined,
  context: VolumeContext,
): Files {
  const files = (items ?? []).map(({ path, mode, fieldRef, resourceFieldRef }) => {
    const field = fieldRef === undefined ? undefined : fieldValue(pod, fieldRef.fieldPath, context);
    const resource =
      resourceFieldRef === undefined
        ? undefined
        : resourceFieldValue(pod, resourceFieldRef, '', context);
    return withMode({ path, base64: encode(field ?? resource ?? '') }, mode);
  });
  return { files };
}

type Source = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

const DEFAULT_TOKEN_SECONDS = 3600;

function tokenFiles(
  { audience, expirationSeconds, path }: NonNullable<Source['serviceAccountToken']>,
  context: VolumeContext,
): Files {
  const request = {
    ...present({ audience: audience || undefined }),
    expirationSeconds: expirationSeconds ?? DEFAULT_TOKEN_SECONDS,
  };
  const token = context.token(request);
  return token === undefined
    ? { missing: 'failed to fetch token' }
    : { files: [{ path, base64: encode(token), token: true }] };
}

function sourceFiles(pod: Pod, source: Source, context: VolumeContext): Files {
  if (source.configMap !== undefined)
    return configMapFiles({ ...source.configMap, name: source.configMap.name ?? '' }, context);
  if (source.secret !== undefined)
    return secretFiles({ ...source.secret, name: source.secret.name ?? '' }, context);
  if (source.downwardAPI !== undefined)
    return downwardFiles(pod, source.downwardAPI.items, context);
  if (source.serviceAccountToken !== undefined)
    return tokenFiles(source.serviceAccountToken, context);
  return { files: [] };
}

/** Sources in order; for the same path the later one wins. */
function projectedFiles(pod: Pod, sources: readonly Source[], context: VolumeContext): Files {
  const byPath = new Map<string, SourceFile>();
  for (const source of sources) {
    const found = sourceFiles(pod, source, context);
    if ('missing' in found) return found;
    for (const file of found.files) byPath.set(file.path, file);
  }
  return { files: [...byPath.values()] };
}

/** The files of a volume, or why they are not available; undefined where the volume has no files. */
export function volumeFiles(pod: Pod, volume: Volume, context: VolumeContext): Files | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined)
    return configMapFiles({ ...configMap, name: configMap.name ?? '' }, context);
  if (secret !== undefined)
    return secretFiles({ ...secret, name: secret.secretName ?? '' }, context);
  if (downwardAPI !== undefined) return downwardFiles(pod, downwardAPI.items, context);
  return projected === undefined
    ? undefined
    : projectedFiles(pod, projected.sources ?? [], context);
}
