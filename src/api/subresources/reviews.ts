// Reviews: questions about callers that are answered at once and never stored.
import { authorize, rulesOf } from '../../auth/authorize.ts';
import type { Attributes } from '../../auth/authorize.ts';
import { userOfToken } from '../../auth/authenticate.ts';
import type { User } from '../../auth/user.ts';
import { invalid } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Answer, Call } from '../call.ts';
import { member, text } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
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

function attributesOf(spec: unknown): Attributes | undefined {
  const resource = member(spec, 'resourceAttributes');
  const path = member(spec, 'nonResourceAttributes');
  if ((resource === undefined) === (path === undefined)) return undefined;
  if (resource === undefined) return { verb: text(path, 'verb'), path: text(path, 'path') };
  return {
    verb: text(resource, 'verb'),
    group: text(resource, 'group'),
    resource: text(resource, 'resource'),
    subresource: text(resource, 'subresource'),
    namespace: text(resource, 'namespace'),
    name: text(resource, 'name'),
  };
}

/** SelfSubjectAccessReview: whether the caller may do one thing. */
export async function selfSubjectAccessReview(call: Call): Promise<Answer> {
  const sent = await sentBy(call);
  const attributes = attributesOf(member(sent, 'spec'));
  if (attributes === undefined) {
    throw invalid(
      '',
      '',
      [
        {
          field: 'spec.resourceAttributes',
          reason: 'FieldValueInvalid',
          message:
            'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
        },
      ],
      call.resource.group,
    );
  }
  return answer({
    metadata: {},
    spec: sent['spec'],
    status: { allowed: authorize(call.user, attributes) },
  });
}

/** SelfSubjectRulesReview: everything that the caller may do in a namespace. */
export async function selfSubjectRulesReview(call: Call): Promise<Answer> {
  await sentBy(call);
  const rules = rulesOf(call.user);
  const status = {
    resourceRules: rules
      .filter(({ resources }) => resources !== undefined)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...present({ resourceNames }),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
  return answer({ metadata: {}, spec: {}, status });
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
