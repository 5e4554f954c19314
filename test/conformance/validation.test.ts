// The rules of src/pod against recorded responses of kube-apiserver 1.35.4: same code, reason, causes, warnings and defaulted object.
// The recordings are outside the repository; without them this file says so and proves nothing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../src/errors.ts';
import type { KubeObject, Pod, ServiceAccount } from '../../src/kinds/pod.ts';
import { admitPod } from '../../src/pod/admission/admit.ts';
import { defaultPod } from '../../src/pod/admission/defaults.ts';
import { prepareForCreate } from '../../src/pod/admission/prepare.ts';
import { validatePod } from '../../src/pod/validation/validate-pod.ts';
import { podWarnings } from '../../src/refusals/warnings.ts';
import { validateConfigMap } from '../../src/validation/config-map.ts';
import { validateSecret } from '../../src/validation/secret.ts';
import { validateServiceAccount } from '../../src/validation/service-account.ts';

const RECORD = join(import.meta.dirname, '../../../shared/conformance');
const present = existsSync(join(RECORD, 'golden'));
const NAMESPACE = 'golden';
const NOW = new Date('2026-01-01T00:00:00Z');

interface Recorded {
  status: number;
  warnings?: string[];
  body: {
    kind?: string;
    reason?: string;
    message?: string;
    details?: { causes?: object[] };
    metadata?: object;
    spec?: object;
    status?: object;
  };
}
interface Answer {
  code: number;
  causes?: object[];
  message?: string;
  warnings?: string[];
  object?: { spec: unknown; status: unknown };
}

// Decoding refuses these, before any rule of a pod applies.
const DECODED =
  /^(converting|mutations\/object\/(?!valid|api-version-missing|spec-missing|status-ignored|null)|mutations\/resources\/quantity-text|mutations\/metadata\/namespace-mismatch)/;

function refusal(errors: FieldError[]): Answer {
  return {
    code: 422,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  };
}

function createPod(body: KubeObject): Answer {
  const given = structuredClone(body) as unknown as Pod;
  const defaulted = defaultPod({ ...given, metadata: { ...given.metadata, namespace: NAMESPACE } });
  const serviceAccount: ServiceAccount | undefined = ['default', undefined].includes(
    defaulted.spec.serviceAccountName,
  )
    ? { metadata: { name: 'default' } }
    : undefined;
  const admitted = admitPod(defaulted, { serviceAccount, suffix: 'abcde' });
  if ('forbidden' in admitted)
    return {
      code: 403,
      message: `pods "${defaulted.metadata.name}" is forbidden: ${admitted.forbidden}`,
    };
  const pod = prepareForCreate(admitted.pod, NOW);
  const errors = validatePod(pod);
  if (errors.length > 0) return refusal(errors);
  const warnings = podWarnings(pod);
  return {
    code: 201,
    object: normal({ spec: pod.spec, status: pod.status }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function createOther(body: KubeObject): Answer {
  const object = { ...body, metadata: { ...body.metadata, namespace: NAMESPACE } };
  const rules: Record<string, (value: never) => FieldError[]> = {
    ConfigMap: validateConfigMap,
    Secret: validateSecret,
    ServiceAccount: validateServiceAccount,
  };
  const errors = rules[String(body.kind)]?.(object as never) ?? [];
  return errors.length > 0 ? refusal(errors) : { code: 201 };
}

function normal<T>(value: T): T {
  const text = JSON.stringify(value, (_, member: unknown) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
  return JSON.parse(
    text
      .replaceAll('kube-api-access-abcde', 'kube-api-access-<random>')
      .replaceAll('2026-01-01T00:00:00Z', '<time>'),
  ) as T;
}

function expected({ status, warnings, body }: Recorded, kind: string): Answer {
  if (status === 422) return { code: status, causes: body.details?.causes ?? [] };
  if (status === 403)
    return { code: status, ...(body.message !== undefined && { message: body.message }) };
  if (kind !== 'Pod') return { code: status };
  return {
    code: status,
    object: normal({ spec: body.spec, status: body.status }),
    ...(warnings && { warnings }),
  };
}

async function corpus(): Promise<[string, KubeObject, Recorded][]> {
  const bodies: Record<string, KubeObject> = {};
  for (const file of readdirSync(join(RECORD, 'manifests')).filter((name) =>
    name.endsWith('.json'),
  )) {
    Object.assign(bodies, JSON.parse(readFileSync(join(RECORD, 'manifests', file), 'utf8')));
  }
  const { cases } = (await import(join(RECORD, 'mutations.mjs'))) as {
    cases: () => Record<string, KubeObject>;
  };
  Object.assign(bodies, cases());
  const answers: Record<string, [Recorded]> = {};
  for (const file of ['mutations', 'website', 'container-solutions', 'kubernetes-api']) {
    Object.assign(
      answers,
      JSON.parse(readFileSync(join(RECORD, 'golden', `${file}.json`), 'utf8')),
    );
  }
  const served = new Set(['Pod', 'ConfigMap', 'Secret', 'ServiceAccount']);
  return Object.entries(bodies).flatMap(([name, body]): [string, KubeObject, Recorded][] => {
    const answer = answers[name]?.[0];
    return answer && !DECODED.test(name) && served.has(String(body?.kind))
      ? [[name, body, answer]]
      : [];
  });
}

describe.runIf(present)('recorded answers of kube-apiserver 1.35.4', async () => {
  const rows = present ? await corpus() : [];
  it.each(rows)('%s', (_, body, recorded) => {
    expect(body.kind === 'Pod' ? createPod(body) : createOther(body)).toEqual(
      expected(recorded, String(body.kind)),
    );
  });
});

it.runIf(!present)('is skipped: no recorded answers at ../shared/conformance', () => {
  console.warn(`conformance/validation: nothing at ${RECORD}, not compared`);
});
