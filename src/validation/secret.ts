// Defaults and rules of a Secret; its types demand certain keys.
import type { FieldError } from '../errors.ts';
import type { Secret } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { lockedChanges, validateKeys, validateSize } from './data.ts';
import { invalidValue, required } from './field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const REDACTED = '<secret contents redacted>';
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** The Secret with `stringData` merged over `data` (it is never stored) and type Opaque where none is given. */
export function defaultSecret(secret: Secret): Secret {
  const { stringData, data, type, ...rest } = secret;
  const encoded = Object.fromEntries(
    Object.entries(stringData ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ]),
  );
  const all = { ...data, ...encoded };
  return { ...rest, ...(Object.keys(all).length > 0 && { data: all }), type: type || 'Opaque' };
}

/** Problems of a Secret at creation, metadata included. */
export function validateSecret(secret: Secret): FieldError[] {
  return [
    ...validateObjectMeta(secret.metadata ?? {}, { namespaced: true, name: 'subdomain' }),
    ...validateBody(secret),
  ];
}

function validateBody(secret: Secret): FieldError[] {
  return [
    ...validateKeys(secret.data, 'data'),
    ...validateSize('data', { ...(secret.data && { base64: secret.data }) }),
    ...validateType(secret),
  ];
}

const missing = (secret: Secret, keys: readonly string[]): FieldError[] =>
  keys.filter((key) => own(secret.data, key) === undefined).map((key) => required(`data[${key}]`));

function validateType(secret: Secret): FieldError[] {
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      return secret.metadata?.annotations?.[ACCOUNT_ANNOTATION]
        ? []
        : [required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`)];
    case 'kubernetes.io/dockercfg':
      return validateJson(secret, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(secret, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth': {
      const absent = missing(secret, ['username', 'password']);
      return absent.length === 2 ? absent : [];
    }
    case 'kubernetes.io/ssh-auth':
      return secret.data?.['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return missing(secret, ['tls.crt', 'tls.key']);
    default:
      return [];
  }
}

function validateJson(secret: Secret, key: string): FieldError[] {
  const encoded = own(secret.data, key);
  if (encoded === undefined) return [required(`data[${key}]`)];
  const text = Buffer.from(encoded, 'base64').toString();
  try {
    JSON.parse(text);
    return [];
  } catch {
    const [first] = text.trimStart();
    // The words of Go's parser; the contents stay hidden.
    return [
      invalidValue(
        `data[${key}]`,
        REDACTED,
        first === undefined
          ? 'unexpected end of JSON input'
          : `invalid character '${first}' looking for beginning of value`,
      ),
    ];
  }
}

/** Problems of an update, metadata included; the type never changes. */
export function validateSecretUpdate(next: Secret, old: Secret): FieldError[] {
  const type =
    next.type === old.type ? [] : [invalidValue('type', next.type ?? '', 'field is immutable')];
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {}),
    ...type,
    ...lockedChanges(next, old, ['data']),
    ...validateSecret(next),
  ];
}
