// Reviews: questions about callers that are answered at once and never stored.
import { authorize } from '../../auth/authorize.ts';
import type { Attributes } from '../../auth/rbac/policy-rule.ts';
import { policyOf } from '../../auth/rbac/rights.ts';
import { userOfToken } from '../../auth/authenticate.ts';
import type { User } from '../../auth/user.ts';
import { badRequest, invalid } from '../../errors.ts';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Answer, Call } from '../call.ts';
import { member, text } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import { withNamespace } from '../verbs/create.ts';
import { decodeBody } from '../wire/body.ts';
import { writeOptions } from '../wire/options.ts';

async function sentBy(call: Call): Promise<KubeObject> {
  const options = writeOptions(call.request, call.query, 'CreateOptions');
  return decodeBody(call.request, {
    ...call.resource,
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
}

const answer = (object: KubeObject): Answer => ({ code: 201, object, kind: 'object' });

const userInfo = ({ name, uid, groups, extra }: User): { [member: string]: unknown } => ({
  username: name,
  ...present({ uid: uid || undefined }),
  groups,
  ...present({ extra: extra && Object.keys(extra).length > 0 ? extra : undefined }),
});

/** SelfSubjectReview: who the caller is. */
export async function selfSubjectReview(call: Call): Promise<Answer> {
  await sentBy(call);
  return answer({
    metadata: { creationTimestamp: wholeSeconds(call.now) },
    status: { userInfo: userInfo(call.user) },
  });
}

/** What a SubjectAccessReview asks: the attributes, and what is wrong with them. */
function asked(spec: unknown): { attributes: Attributes; problems: FieldError[] } {
  const resource = member(spec, 'resourceAttributes');
  const path = member(spec, 'nonResourceAttributes');
  if (path !== undefined)
    return {
      attributes: { verb: text(path, 'verb'), path: text(path, 'path') },
      problems:
        resource === undefined
          ? []
          : [
              invalidValue(
                'spec.nonResourceAttributes',
                { Path: text(path, 'path'), Verb: text(path, 'verb') },
                'cannot be specified in combination with resourceAttributes',
              ),
            ],
    };
  return {
    attributes: {
      verb: text(resource, 'verb'),
      group: text(resource, 'group'),
      resource: text(resource, 'resource'),
      subresource: text(resource, 'subresource'),
      namespace: text(resource, 'namespace'),
      name: text(resource, 'name'),
    },
    problems:
      resource === undefined
        ? [
            invalidValue(
              'spec.resourceAttributes',
              null,
              'exactly one of nonResourceAttributes or resourceAttributes must be specified',
            ),
          ]
        : SELECTORS.flatMap((field) => validateSelector(resource, field)),
  };
}

const SELECTORS = ['fieldSelector', 'labelSelector'] as const;

function validateSelector(resource: unknown, field: (typeof SELECTORS)[number]): FieldError[] {
  const selector = member(resource, field);
  if (selector === undefined) return [];
  const path = `spec.resourceAttributes.${field}`;
  const raw = text(selector, 'rawSelector');
  const requirements = member(selector, 'requirements');
  const listed = Array.isArray(requirements) && requirements.length > 0;
  if (raw !== '' && listed)
    return [
      invalidValue(
        `${path}.rawSelector`,
        raw,
        'may not specified at the same time as requirements',
      ),
    ];
  return raw === '' && !listed
    ? [
        required(
          `${path}.requirements`,
          `when ${path} is specified, requirements or rawSelector is required`,
        ),
      ]
    : [];
}

/** Metadata of a review must be empty; a namespaced one may name its namespace. */
function validateEmptyMeta({ metadata }: KubeObject, namespaced: boolean): FieldError[] {
  const { managedFields: _managed, namespace, ...rest } = metadata;
  const empty = Object.keys(rest).length === 0 && (namespaced || !namespace);
  const words = namespaced ? 'must be empty except for namespace' : 'must be empty';
  return empty ? [] : [invalidValue('metadata', metadata, words)];
}

const specOf = (sent: KubeObject): unknown => member(sent, 'spec');

async function decision(call: Call, user: User, sent: KubeObject): Promise<Answer> {
  const { allowed, reason } = await authorize(call.ports, user, asked(specOf(sent)).attributes);
  return answer({
    metadata: sent.metadata,
    spec: sent['spec'],
    status: { allowed, ...present({ reason: reason || undefined }) },
  });
}

function refuseInvalid(call: Call, problems: readonly FieldError[]): void {
  if (problems.length > 0)
    // The internal object has no kind, and neither has kube-apiserver's response.
    throw invalid('', '', [...problems], call.resource.group);
}

/** SelfSubjectAccessReview: whether the caller may do one thing. */
export async function selfSubjectAccessReview(call: Call): Promise<Answer> {
  const sent = await sentBy(call);
  refuseInvalid(call, [...asked(specOf(sent)).problems, ...validateEmptyMeta(sent, false)]);
  return decision(call, call.user, sent);
}

/** SubjectAccessReview, and LocalSubjectAccessReview for one namespace: whether somebody may do one thing. */
export async function subjectAccessReview(call: Call): Promise<Answer> {
  const { namespaced } = call.resource;
  const sent = withNamespace(call, await sentBy(call));
  const user = subjectOf(specOf(sent));
  const { attributes, problems } = asked(specOf(sent));
  refuseInvalid(call, [
    ...problems,
    ...(user.name === '' && user.groups.length === 0
      ? [invalidValue('spec.user', '', 'at least one of user or group must be specified')]
      : []),
    ...validateEmptyMeta(sent, namespaced),
    ...(namespaced ? validateLocal(attributes, call.namespace) : []),
  ]);
  return decision(call, user, sent);
}

function validateLocal(attributes: Attributes, namespace: string): FieldError[] {
  if ('path' in attributes)
    return [
      invalidValue(
        'spec.nonResourceAttributes',
        { Path: attributes.path, Verb: attributes.verb },
        'disallowed on this kind of request',
      ),
    ];
  return attributes.namespace === namespace
    ? []
    : [
        invalidValue(
          'spec.resourceAttributes.namespace',
          attributes.namespace,
          'must match metadata.namespace',
        ),
      ];
}

function subjectOf(spec: unknown): User {
  const groups = member(spec, 'groups');
  return {
    name: text(spec, 'user'),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    ...present({ uid: text(spec, 'uid') || undefined }),
  };
}

/** SelfSubjectRulesReview: everything that the caller may do in a namespace. */
export async function selfSubjectRulesReview(call: Call): Promise<Answer> {
  const namespace = text(specOf(await sentBy(call)), 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, missing } = (await policyOf(call.ports)).rulesOf(call.user, namespace);
  const status = {
    resourceRules: rules
      .filter(({ resources = [] }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        ...present({ apiGroups, resources, resourceNames }),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, ...present({ nonResourceURLs }) })),
    incomplete: false,
    ...present({ evaluationError: evaluationError(missing) }),
  };
  return answer({ metadata: {}, spec: {}, status });
}

function evaluationError(missing: readonly string[]): string | undefined {
  const [first, ...more] = new Set(missing);
  return more.length === 0 ? first : `[${[first, ...more].join(', ')}]`;
}

/** TokenReview: whose token it is. */
export async function tokenReview(call: Call): Promise<Answer> {
  const sent = await sentBy(call);
  const audiences = member(sent, 'spec', 'audiences');
  const asked =
    Array.isArray(audiences) && audiences.length > 0 ? audiences.map(String) : undefined;
  const user = await userOfToken(call.ports, text(sent, 'spec', 'token'), asked);
  const status =
    user === undefined
      ? { authenticated: false, user: {}, error: 'invalid bearer token' }
      : { authenticated: true, user: userInfo(user), ...present({ audiences: asked }) };
  return answer({ metadata: {}, spec: sent['spec'], status });
}
