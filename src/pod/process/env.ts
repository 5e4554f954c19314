// The environment that a container's spec defines (kubelet makeEnvironmentVariables): envFrom, then env, then services.
import type {
  ConfigMap,
  Container,
  EnvVar,
  EphemeralContainer,
  Pod,
  Secret,
  Service,
} from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { expand, processRoom } from './expansion.ts';
import { fieldValue, resourceFieldValue, type FieldContext } from './field-ref.ts';
import { serviceVariables } from './service-variables.ts';
import { partsOf } from '../volumes/volume-parts.ts';
import { volumeKey, volumeOf, within } from '../volumes/volumes.ts';

/** Facts that were looked up for an environment. */
export interface EnvContext extends FieldContext {
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  services: readonly Service[];
  apiHost: string;
  apiPort: number;
}

/** A variable whose value is in one of the pod's volumes: `placeholder` stands for it in other texts. */
export interface FileVariable {
  placeholder: string;
  name: string;
  /** The volume's key (volumeKey). */
  volume: string;
  path: string;
  key: string;
  optional: boolean;
}

/** A value, nothing (optional and missing), or the reason why the container cannot be configured. */
type Found = { value: string } | { absent: true } | { error: string };

const ABSENT: Found = { absent: true };

/** Variables in any order, as in Kubernetes; `error` is the message of CreateContainerConfigError. */
export function specEnvironment(
  pod: Pod,
  container: Container | EphemeralContainer,
  context: EnvContext,
): { env: Map<string, string>; files: FileVariable[] } | { error: string } {
  const services = new Map(
    serviceVariables(context.services, {
      ...context,
      links: pod.spec.enableServiceLinks !== false,
    }),
  );
  const bulk = bulkVariables(pod, container, context);
  if ('error' in bulk) return bulk;
  const env = bulk.env;
  const files: FileVariable[] = [];
  const room = processRoom();
  for (const variable of container.env ?? []) {
    const file = fileVariable(pod, variable, files.length);
    if (file !== undefined) {
      files.push(file);
      env.set(variable.name, file.placeholder);
      continue;
    }
    const lookup = (name: string): string | undefined => env.get(name) ?? services.get(name);
    const found =
      variable.valueFrom === undefined
        ? { value: expand(variable.value ?? '', lookup, room) }
        : referenced(pod, container.name, variable, context);
    if ('error' in found) return found;
    if ('value' in found) env.set(variable.name, found.value);
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return { env, files };
}

/** No variable can contain a zero byte, so a text between two of them cannot mean anything else. */
function fileVariable(
  pod: Pod,
  { name, valueFrom }: EnvVar,
  index: number,
): FileVariable | undefined {
  if (valueFrom?.fileKeyRef === undefined) return undefined;
  const { volumeName, path, key, optional = false } = valueFrom.fileKeyRef;
  return { placeholder: `\0${index}\0`, name, ...placeOf(pod, volumeName, path), key, optional };
}

/** The file may be in a part of its volume. */
function placeOf(pod: Pod, name: string, path: string): { volume: string; path: string } {
  const volume = volumeOf(pod, name);
  const part = volume?.emptyDir === undefined ? undefined : partsOf(pod, volume).holder(path);
  return part === undefined
    ? { volume: volumeKey(pod, name), path }
    : { volume: part.key, path: within(path, part.path) ?? '' };
}

/** Unpaired surrogates stand for bytes that are not text: no text of an API object contains one, and expansion preserves them. */
const STRAY = 0xdc00;

function decode(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? text
    : [...bytes].map((byte) => String.fromCharCode(byte < 0x80 ? byte : STRAY + byte)).join('');
}

/** Whether the text holds bytes that are not UTF-8. */
export const isNoText = (text: string): boolean => /[\ud800-\udfff]/u.test(text);

/** envFrom in order; later keys override earlier ones; binaryData of configMaps is not used. */
function bulkVariables(
  _pod: Pod,
  container: Container | EphemeralContainer,
  context: EnvContext,
): { env: Map<string, string> } | { error: string } {
  const env = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const name = configMapRef?.name ?? secretRef?.name ?? '';
    const data =
      configMapRef === undefined ? context.secret(name)?.data : context.configMap(name)?.data;
    const exists =
      (configMapRef === undefined ? context.secret(name) : context.configMap(name)) !== undefined;
    if (!exists && (configMapRef ?? secretRef)?.optional !== true)
      return {
        error: `${configMapRef === undefined ? 'secret' : 'configmap'} "${name}" not found`,
      };
    for (const [key, value] of Object.entries(data ?? {}))
      env.set(prefix + key, configMapRef === undefined ? decode(value) : value);
  }
  return { env };
}

function referenced(
  pod: Pod,
  containerName: string,
  { valueFrom }: EnvVar,
  context: EnvContext,
): Found {
  if (valueFrom?.fieldRef !== undefined) {
    const value = fieldValue(pod, valueFrom.fieldRef.fieldPath, context);
    return value === undefined
      ? { error: `unsupported fieldPath: ${valueFrom.fieldRef.fieldPath}` }
      : { value };
  }
  if (valueFrom?.resourceFieldRef !== undefined) {
    const value = resourceFieldValue(pod, valueFrom.resourceFieldRef, containerName, context);
    return value === undefined
      ? { error: `container "${valueFrom.resourceFieldRef.containerName ?? ''}" not found` }
      : { value };
  }
  return keyValue(pod, valueFrom, context);
}

function keyValue(pod: Pod, valueFrom: EnvVar['valueFrom'], context: EnvContext): Found {
  const secret = valueFrom?.secretKeyRef;
  const ref = valueFrom?.configMapKeyRef ?? secret;
  if (ref === undefined) return { error: 'unsupported source of a variable' };
  const [kind, title] = secret === undefined ? ['configmap', 'ConfigMap'] : ['secret', 'Secret'];
  const name = ref.name ?? '';
  const object = secret === undefined ? context.configMap(name) : context.secret(name);
  if (object === undefined)
    return ref.optional === true ? ABSENT : { error: `${kind} "${name}" not found` };
  const value = own(object.data, ref.key);
  if (value !== undefined) return { value: secret === undefined ? value : decode(value) };
  return ref.optional === true
    ? ABSENT
    : { error: `couldn't find key ${ref.key} in ${title} ${pod.metadata.namespace ?? ''}/${name}` };
}
