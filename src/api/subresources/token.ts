// `/serviceaccounts/<name>/token`: TokenRequest.
import { issueToken, ownAudience } from '../../auth/service-account-tokens.ts';
import { badRequest, conflict, invalid, notFound } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Call } from '../call.ts';
import { keyOf } from '../call.ts';
import { member, text } from '../resources/plain.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { admitNamespace } from '../verbs/create.ts';
import { decodeBody } from '../wire/body.ts';
import { encode } from '../wire/render.ts';
import { writeOptions } from '../wire/options.ts';

const GROUP = 'authentication.k8s.io';
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

function checkSpec(expirationSeconds: number): void {
  const problem =
    expirationSeconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : expirationSeconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem === undefined) return;
  throw invalid(
    'TokenRequest',
    '',
    [
      {
        field: 'spec.expirationSeconds',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${expirationSeconds}: ${problem}`,
      },
    ],
    GROUP,
  );
}

/** The pod that the token is bound to; other kinds of objects are refused. */
async function boundPod(
  call: Call,
  reference: unknown,
): Promise<{ name: string; uid: string; nodeName?: string } | undefined> {
  if (reference === undefined) return undefined;
  const kind = text(reference, 'kind');
  const name = text(reference, 'name');
  if (kind !== 'Pod')
    throw badRequest(
      `cannot bind token to object of type ${text(reference, 'apiVersion')}, Kind=${kind}`,
    );
  const pod = await call.ports.store.get({ resource: 'pods', namespace: call.namespace, name });
  if (pod === undefined) throw notFound('pods', name);
  const { uid = '' } = pod.metadata;
  const wanted = text(reference, 'uid');
  if (wanted && wanted !== uid)
    throw conflict(
      'pods',
      name,
      `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  const nodeName = text(pod, 'spec', 'nodeName');
  return { name, uid, ...present({ nodeName: nodeName || undefined }) };
}

/** POST of a TokenRequest: 201 with the token in its status. */
export async function token(call: Call): Promise<Response> {
  const options = writeOptions(call.request, call.query, 'CreateOptions');
  const sent = await decodeBody(call.request, {
    group: GROUP,
    version: 'v1',
    kind: 'TokenRequest',
    validation: options.fieldValidation,
    warnings: call.warnings,
  });
  await admitNamespace(call, sent);
  const asked = member(sent, 'spec', 'expirationSeconds');
  const expirationSeconds = typeof asked === 'number' ? asked : DEFAULT_SECONDS;
  checkSpec(expirationSeconds);
  const account = await call.ports.store.get(keyOf(call));
  if (account === undefined) throw notFound('serviceaccounts', call.name);
  const sentAudiences = member(sent, 'spec', 'audiences');
  const audiences =
    Array.isArray(sentAudiences) && sentAudiences.length > 0
      ? sentAudiences.map(String)
      : [ownAudience(call.ports)];
  const reference = member(sent, 'spec', 'boundObjectRef');
  const pod = await boundPod(call, reference);
  const { uid = '' } = account.metadata;
  const issued = await issueToken(call.ports, {
    namespace: call.namespace,
    serviceAccount: { name: call.name, uid },
    audiences,
    expirationSeconds,
    ...present({ pod }),
  });
  const object: KubeObject = {
    kind: 'TokenRequest',
    apiVersion: `${GROUP}/v1`,
    metadata: {
      name: call.name,
      namespace: call.namespace,
      uid,
      creationTimestamp: wholeSeconds(call.now),
    },
    spec: { audiences, expirationSeconds, boundObjectRef: reference ?? null },
    status: issued,
  };
  return new Response(encode(object, call.output), {
    status: 201,
    headers: {
      'content-type': call.output.format === 'yaml' ? 'application/yaml' : 'application/json',
    },
  });
}
