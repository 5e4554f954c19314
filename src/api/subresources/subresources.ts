// Subresources and resources with handlers of their own, which do not read or write an object of their kind.
import { own } from '../../own.ts';
import type { Answer, Call } from '../call.ts';
import { binding } from './binding.ts';
import { connect } from './connect.ts';
import { eviction } from './eviction.ts';
import { log } from './log/log.ts';
import { nodeProxy } from './node-proxy.ts';
import { podMetrics } from './pod-metrics.ts';
import { proxy } from './proxy.ts';
import {
  selfSubjectAccessReview,
  selfSubjectReview,
  selfSubjectRulesReview,
  subjectAccessReview,
  tokenReview,
} from './reviews.ts';
import { serviceProxy } from './service-proxy.ts';
import { scale } from './scale.ts';
import { token } from './token.ts';

/** Handlers of subresources that are the same for several kinds. */
const SHARED: Record<string, (call: Call) => Promise<Answer>> = { scale };

const OWN: Record<string, (call: Call) => Promise<Answer>> = {
  bindings: binding,
  localsubjectaccessreviews: subjectAccessReview,
  'nodes/proxy': nodeProxy,
  'pods/attach': connect,
  'pods/binding': binding,
  'pods/eviction': eviction,
  'pods/exec': connect,
  'pods/log': log,
  'pods/portforward': connect,
  'pods/proxy': proxy,
  selfsubjectaccessreviews: selfSubjectAccessReview,
  selfsubjectreviews: selfSubjectReview,
  selfsubjectrulesreviews: selfSubjectRulesReview,
  'serviceaccounts/token': token,
  'services/proxy': serviceProxy,
  subjectaccessreviews: subjectAccessReview,
  tokenreviews: tokenReview,
};

/** The handler of such an endpoint; undefined where the generic verb serves it. */
export const subresourceVerb = ({
  resource,
  subresource,
}: Pick<Call, 'resource' | 'subresource'>): ((call: Call) => Promise<Answer>) | undefined =>
  (resource.group === 'metrics.k8s.io' ? podMetrics : undefined) ??
  (resource.custom === undefined
    ? own(OWN, subresource === '' ? resource.plural : `${resource.plural}/${subresource}`)
    : undefined) ??
  own(SHARED, subresource);
