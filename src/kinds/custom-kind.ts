// One version of a CustomResourceDefinition's kind, compiled for use (by src/custom).
import type { JsonSchema } from './json-schema.ts';
import type { ObjectShape } from './shapes.ts';

export interface CustomColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

/** Where the scale subresource finds its numbers: simple paths such as `.spec.replicas`. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

export interface CustomKind {
  /** Name of the CustomResourceDefinition. */
  definition: string;
  /** The definition is being deleted: no objects may be created. */
  terminating: boolean;
  schema: JsonSchema;
  /** The version in which objects are stored, and its schema: fields that it lacks are dropped when read. */
  storageVersion: string;
  storageSchema: JsonSchema;
  /** The schema in the form that server-side apply and managedFields use. */
  shape: ObjectShape;
  hasStatus: boolean;
  scale?: ScalePaths;
  columns: CustomColumn[];
  /** Simple paths such as `.spec.color`. */
  selectable: string[];
  /** Warning for every request of a deprecated version. */
  deprecation?: string;
}
