// The CustomResourceDefinition as a value: its types, its defaults, and the names that it requests.
import type { CustomColumn, ScalePaths } from '../../kinds/custom-kind.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';

export interface Names {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

export interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: CustomColumn[];
  selectableFields?: { jsonPath: string }[];
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

export interface DefinitionSpec {
  group: string;
  scope: string;
  names: Names;
  versions: Version[];
  conversion?: {
    strategy: string;
    webhook?: { clientConfig?: object; conversionReviewVersions?: string[] };
  };
  preserveUnknownFields?: boolean;
}

interface DefinitionStatus {
  conditions: Condition[] | null;
  acceptedNames: Names;
  storedVersions: string[] | null;
}

export interface Definition extends KubeObject {
  spec: DefinitionSpec;
  status: DefinitionStatus;
}

/** Name of the resource in the store. */
export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
/** Keeps a definition until its objects are deleted. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const NO_NAMES: Names = { plural: '', kind: '' };
const NO_STATUS: DefinitionStatus = {
  conditions: null,
  acceptedNames: NO_NAMES,
  storedVersions: null,
};

/** The decoded object with every member that the rules read; it may still violate all of them. */
export function toDefinition(object: KubeObject): Definition {
  const spec = (object['spec'] ?? {}) as Partial<DefinitionSpec>;
  const status = object['status'] as Partial<DefinitionStatus> | undefined;
  return {
    ...object,
    spec: {
      ...spec,
      group: spec.group ?? '',
      scope: spec.scope ?? '',
      names: { ...NO_NAMES, ...spec.names },
      versions: spec.versions ?? [],
    },
    status: { ...NO_STATUS, ...status },
  };
}

/** Fills in the names that derive from the kind, and that versions are not converted. */
export function defaultDefinition(definition: Definition): Definition {
  const { names, conversion, ...spec } = definition.spec;
  const listKind = names.listKind || (names.kind === '' ? '' : `${names.kind}List`);
  return {
    ...definition,
    spec: {
      ...spec,
      names: {
        ...names,
        ...present({
          singular: names.singular || names.kind.toLowerCase() || undefined,
          listKind: listKind || undefined,
        }),
      },
      conversion: conversion ?? { strategy: 'None' },
    },
  };
}

/** The version in which objects are stored. */
const storageVersion = ({ spec }: Definition): string | undefined =>
  spec.versions.find(({ storage }) => storage)?.name;

/** The status with the storage version added to the stored ones. */
export function withStoredVersion(definition: Definition): Definition {
  const version = storageVersion(definition);
  const stored = definition.status.storedVersions ?? [];
  return version === undefined || stored.includes(version)
    ? definition
    : { ...definition, status: { ...definition.status, storedVersions: [...stored, version] } };
}

/** Whether the condition is True. */
export const isTrue = ({ status }: Definition, type: string): boolean =>
  (status.conditions ?? []).some((one) => one.type === type && one.status === 'True');
