// Malformed and forbidden requests: a Status with Kubernetes' words, never a 5xx of our own, never a hang.
import { expect, it } from 'vitest';
import { NAMESPACE, createApi, pod } from './client.ts';

const api = await createApi();
const PODS = `${NAMESPACE}/pods`;
const json = { 'content-type': 'application/json' };

it.each([
  ['an unknown kind of path', 'GET', '/apis/example.com/v1/things', {}, 404, undefined],
  [
    'an unknown resource',
    'GET',
    '/api/v1/foos',
    {},
    404,
    'the server could not find the requested resource',
  ],
  [
    'an unknown subresource',
    'GET',
    `${PODS}/a/foo`,
    {},
    404,
    'the server could not find the requested resource',
  ],
  [
    'a create in all namespaces',
    'POST',
    '/api/v1/pods',
    { body: pod('a') },
    405,
    'the server does not allow this method on the requested resource',
  ],
  [
    'a PUT of a collection',
    'PUT',
    PODS,
    { body: {} },
    405,
    'the server does not allow this method on the requested resource',
  ],
  ['a missing object', 'GET', `${PODS}/nope`, {}, 404, 'pods "nope" not found'],
  [
    'a missing namespace',
    'POST',
    '/api/v1/namespaces/nope/pods',
    { body: pod('a') },
    404,
    'namespaces "nope" not found',
  ],
  [
    'an unknown media type',
    'POST',
    PODS,
    { body: 'x', headers: { 'content-type': 'text/plain' } },
    415,
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  ],
  [
    'a PATCH without a patch type',
    'PATCH',
    `${PODS}/a`,
    { body: {} },
    415,
    '415: Unsupported Media Type',
  ],
  [
    'an empty body',
    'POST',
    PODS,
    { body: '', headers: json },
    400,
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ],
  [
    'a text',
    'POST',
    PODS,
    { body: 'hello' },
    400,
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character 'h' looking for beginning of value (68656c6c6f)",
  ],
  [
    'another kind',
    'POST',
    PODS,
    { body: { ...pod('a'), kind: 'ConfigMap' } },
    400,
    'ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): unknown conversion',
  ],
  [
    'another namespace',
    'POST',
    PODS,
    { body: pod('a', {}, { namespace: 'b' }) },
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [
    'a string for a list',
    'POST',
    PODS,
    { body: pod('a', { containers: 'x' }) },
    400,
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
  ],
  [
    'a number for a label',
    'POST',
    PODS,
    { body: pod('a', {}, { labels: { a: 1 } }) },
    400,
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [
    'an unknown field, strictly',
    'POST',
    `${PODS}?fieldValidation=Strict`,
    { body: pod('a', { foo: 1 }) },
    400,
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"',
  ],
  [
    'a field twice, strictly',
    'POST',
    `${PODS}?fieldValidation=Strict`,
    {
      body: '{"metadata":{"name":"a","name":"b"},"spec":{"containers":[{"name":"c","image":"x"}]}}',
    },
    400,
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "metadata.name"',
  ],
  [
    'unknown fields and fields twice, in the order of the document',
    'POST',
    `${PODS}?fieldValidation=Strict`,
    {
      body: '{"metadata":{"name":"a"},"spec":{"foo":1,"restartPolicy":"Never","restartPolicy":"Never","containers":[{"bar":1,"name":"c","image":"x"}]}}',
    },
    400,
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo", duplicate field "spec.restartPolicy", unknown field "spec.containers[0].bar"',
  ],
  [
    'no name',
    'POST',
    PODS,
    { body: pod('') },
    422,
    'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  [
    'no container',
    'POST',
    PODS,
    { body: { metadata: { name: 'a' } } },
    422,
    'Pod "a" is invalid: spec.containers: Required value',
  ],
  [
    'a wrong dry run',
    'POST',
    `${PODS}?dryRun=X`,
    { body: pod('a') },
    422,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["X"]: supported values: "All"',
  ],
  [
    'an unknown field selector',
    'GET',
    `${PODS}?fieldSelector=spec.foo%3Dx`,
    {},
    400,
    'field label not supported: spec.foo',
  ],
  [
    'a broken label selector',
    'GET',
    `${PODS}?labelSelector=a%20b`,
    {},
    400,
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  ],
  [
    'a version that is no number',
    'GET',
    `${PODS}?resourceVersion=x`,
    {},
    400,
    'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  ],
  [
    'a version of the future',
    'GET',
    `${PODS}?resourceVersion=999999`,
    {},
    504,
    expect.stringContaining('Too large resource version: 999999'),
  ],
  [
    'a broken continue token',
    'GET',
    `${PODS}?limit=1&continue=aGk`,
    {},
    400,
    "invalid continue token: continue key is not valid: invalid character 'h' looking for beginning of value",
  ],
  [
    'a delete of a protected namespace',
    'DELETE',
    '/api/v1/namespaces/default',
    {},
    403,
    'namespaces "default" is forbidden: this namespace may not be deleted',
  ],
  [
    'a wrong Accept',
    'GET',
    PODS,
    { headers: { accept: 'text/csv' } },
    406,
    expect.stringContaining('406: Not Acceptable'),
  ],
  [
    'a wrong precondition',
    'DELETE',
    '/api/v1/namespaces/default/serviceaccounts/default',
    { body: { preconditions: { uid: 'x' } } },
    409,
    expect.stringContaining('the UID in the precondition (x) does not match'),
  ],
])('%s', async (_name, method, path, options, code, message) => {
  const { status, body } = await api.send(method, path, options);
  expect(status).toBe(code);
  if (message !== undefined)
    expect(body).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code,
      message,
    });
});

it('more than 3 MiB are 413', async () => {
  const { body } = await api.send('POST', PODS, {
    body: pod('a', {}, { annotations: { a: 'x'.repeat(3 * 1024 * 1024) } }),
  });
  expect(body).toMatchObject({ code: 413, message: 'Request entity too large: limit is 3145728' });
});

it('unknown fields warn by default', async () => {
  const { status, headers } = await api.send('POST', `${PODS}?dryRun=All`, {
    body: pod('a', { foo: 1 }),
  });
  expect(status).toBe(201);
  expect(headers.get('warning')).toBe('299 - "unknown field \\"spec.foo\\""');
});

it('every deformed body is refused with 4xx', async () => {
  const whole = JSON.stringify(pod('a'));
  for (let length = 1; length < whole.length; length += 3) {
    const { status } = await api.send('POST', PODS, { body: whole.slice(0, length) });
    expect(status).toBe(400);
  }
  for (const value of [null, 1, 'x', [], [[]], { a: null }, true]) {
    for (const body of [
      { ...pod('a'), metadata: value },
      { ...pod('a'), spec: value },
      pod('a', { containers: value }),
      pod('a', { containers: [value] }),
      pod('a', { volumes: [value] }),
    ]) {
      const { status } = await api.send('POST', `${PODS}?dryRun=All`, { body });
      expect([400, 422, 201]).toContain(status);
    }
  }
});

it('with warnings instead of refusals, what droppod cannot do is taken and said; what Kubernetes refuses is refused', async () => {
  const lenient = await createApi({ warnOfRefusals: true });
  const { status, headers } = await lenient.send('POST', PODS, {
    body: pod('host', { hostNetwork: true }),
  });
  expect(status).toBe(201);
  expect(headers.get('warning')).toContain(
    'spec.hostNetwork: Forbidden: Fargate has no host network',
  );
  expect((await lenient.send('POST', PODS, { body: pod('', { hostNetwork: true }) })).status).toBe(
    422,
  );
  expect((await api.send('POST', PODS, { body: pod('host', { hostNetwork: true }) })).status).toBe(
    422,
  );
});
