// One request on its way through the API: the caller, the endpoint, and the form of the answer.
import type { User } from '../auth/user.ts';
import type { Resource, Verb } from '../kinds/resources.ts';
import type { KubeObject } from '../kinds/pod.ts';
import type { Ports } from '../ports/ports.ts';
import type { ObjectKey, RecordWrite, StoredText } from '../ports/store.ts';
import type { Strategy } from './resources/strategy.ts';
import type { Output } from './wire/negotiation.ts';

/** What the API needs from outside; `handle` takes the whole set because the pods' steps need it. */
export type ApiPorts = Ports;

/** A path below `/api` or `/apis` of a served resource. */
export interface ResourceRoute {
  resource: Resource;
  /** '' for cluster kinds and for all namespaces. */
  namespace: string;
  /** '' for a collection. */
  name: string;
  /** '' for the main resource. */
  subresource: string;
  /** The path after `proxy/`. */
  path?: string;
}

export interface Call extends ResourceRoute {
  ports: ApiPorts;
  request: Request;
  query: URLSearchParams;
  user: User;
  verb: Verb;
  strategy: Strategy;
  output: Output;
  /** Texts for `Warning` headers. */
  warnings: string[];
  now: Date;
  /** For droppod's own calls: the uid of a created object, and records to write in the same commit. */
  given?: { uid?: string; records: RecordWrite[] };
}

/** A verb returns an object or list, which is rendered as negotiated, or a complete response (streams, empty bodies). */
export type Answer =
  | { code: number; object: KubeObject; kind: 'object' | 'status' }
  | { code: number; list: ObjectList }
  | { code: number; texts: TextList }
  | Response;

/** A list, or a page of it. */
export interface Listed<T> {
  items: T[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export type ObjectList = Listed<KubeObject>;

/** A list whose objects are already JSON. */
export type TextList = Listed<StoredText>;

/** The store key of the called object. */
export const keyOf = ({
  resource,
  namespace,
  name,
}: Pick<Call, 'resource' | 'namespace' | 'name'>): ObjectKey => ({
  resource: resource.stored,
  namespace,
  name,
});
