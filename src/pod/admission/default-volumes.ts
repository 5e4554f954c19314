// Defaults of volumes and of the pull policy.
import type { Volume } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import { canonicalQuantity } from '../model/quantity.ts';

/** 0644, written in decimal as Kubernetes does. */
const DEFAULT_MODE = 420;
const TOKEN_SECONDS = 3600;

const PATH = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const DOMAIN =
  '(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*(?::\\d+)?|\\[[a-fA-F0-9:]+\\](?::\\d+)?)';
const REFERENCE = new RegExp(
  `^(?:${DOMAIN}/)?${PATH}(?:/${PATH})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?$`,
);

// A name of 64 hexadecimal digits is an image's id, and a long name is none at all.
const isNoName = (image: string): boolean =>
  /^[a-f0-9]{64}$/.test(image) || image.replace(/[:@].*$/, '').length > MAX_NAME;
const MAX_NAME = 237;

/** Always for `latest` or no tag; IfNotPresent for any other tag, for a digest, and for an invalid reference. */
export function imagePullPolicy(image: string): 'Always' | 'IfNotPresent' {
  if (isNoName(image)) return 'IfNotPresent';
  const parts = REFERENCE.exec(image);
  if (!parts || parts[2] !== undefined) return 'IfNotPresent';
  return (parts[1] ?? 'latest') === 'latest' ? 'Always' : 'IfNotPresent';
}

type Fill = (source: Record<string, unknown>) => Record<string, unknown>;

const withMode: Fill = (source) => ({
  ...source,
  defaultMode: source['defaultMode'] ?? DEFAULT_MODE,
});

function fillItems(source: Record<string, unknown>): Record<string, unknown> {
  const items = Array.isArray(source['items'])
    ? source['items'].filter(isMap).map(fillItem)
    : undefined;
  return items ? { ...source, items } : source;
}

function fillItem(entry: Record<string, unknown>): Record<string, unknown> {
  const { fieldRef, resourceFieldRef } = entry;
  if (isMap(fieldRef))
    return { ...entry, fieldRef: { ...fieldRef, apiVersion: fieldRef['apiVersion'] ?? 'v1' } };
  if (!isMap(resourceFieldRef)) return entry;
  return {
    ...entry,
    resourceFieldRef: {
      ...resourceFieldRef,
      divisor: canonicalQuantity(String(resourceFieldRef['divisor'] ?? '0')),
    },
  };
}

function fillProjection(entry: unknown): unknown {
  if (!isMap(entry)) return entry;
  const { serviceAccountToken, downwardAPI } = entry;
  return {
    ...entry,
    ...(isMap(serviceAccountToken) && {
      serviceAccountToken: {
        ...serviceAccountToken,
        expirationSeconds: serviceAccountToken['expirationSeconds'] ?? TOKEN_SECONDS,
      },
    }),
    ...(isMap(downwardAPI) && { downwardAPI: fillItems(downwardAPI) }),
  };
}

function fillClaim(source: Record<string, unknown>): Record<string, unknown> {
  const template = source['volumeClaimTemplate'];
  if (!isMap(template)) return source;
  const spec = isMap(template['spec']) ? template['spec'] : {};
  const metadata = template['metadata'] ?? {};
  return {
    ...source,
    volumeClaimTemplate: {
      ...template,
      metadata,
      spec: { ...spec, volumeMode: spec['volumeMode'] ?? 'Filesystem' },
    },
  };
}

/** Defaults by volume type; types that are missing here have none. */
const FILLS: Record<string, Fill> = {
  secret: withMode,
  configMap: withMode,
  downwardAPI: (source) => withMode(fillItems(source)),
  projected: (source) =>
    withMode({
      ...source,
      ...(Array.isArray(source['sources'])
        ? { sources: source['sources'].map(fillProjection) }
        : { sources: null }),
    }),
  hostPath: (source) => ({ ...source, type: source['type'] ?? '' }),
  emptyDir: (source) =>
    source['sizeLimit'] === undefined
      ? source
      : { ...source, sizeLimit: canonicalQuantity(String(source['sizeLimit'])) },
  iscsi: (source) => ({ iscsiInterface: 'default', ...source }),
  rbd: (source) => ({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring', ...source }),
  azureDisk: (source) => ({
    cachingMode: 'ReadWrite',
    fsType: 'ext4',
    readOnly: false,
    kind: 'Shared',
    ...source,
  }),
  scaleIO: (source) => ({ storageMode: 'ThinProvisioned', fsType: 'xfs', ...source }),
  image: (source) => ({
    ...source,
    pullPolicy: source['pullPolicy'] ?? imagePullPolicy(String(source['reference'] ?? '')),
  }),
  ephemeral: fillClaim,
};

/** A volume with its type's defaults; without any type it becomes an emptyDir. */
export function defaultVolume(volume: Volume): Volume {
  const sources = Object.entries(volume).filter(([name]) => name !== 'name');
  if (sources.length === 0) return { ...volume, emptyDir: {} };
  const filled = sources.map(([type, source]): [string, unknown] => [
    type,
    isMap(source) ? (own(FILLS, type)?.(source) ?? source) : source,
  ]);
  return { name: volume.name, ...Object.fromEntries(filled) };
}
