// Service accounts with an IAM role: their pods get a token for AWS STS and the variables that every SDK reads, as on EKS.
import type { Container, Pod, PodSpec, ServiceAccount } from '../kinds/pod.ts';
import { own } from '../own.ts';

const DOMAIN = 'eks.amazonaws.com/';
const VOLUME = 'aws-iam-token';
const MOUNT_PATH = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
const TOKEN = 'token';
const AUDIENCE = 'sts.amazonaws.com';
const DEFAULT_SECONDS = 86_400;
const MIN_SECONDS = 600;

type Annotations = { readonly [name: string]: string } | undefined;

/** Go's strconv.ParseBool. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

interface Identity {
  role: string;
  region: string;
  regionalSts: boolean;
}

/** The pod with its web identity; unchanged where its account names no role. Settings of the pod itself are kept. */
export function withWebIdentity(
  pod: Pod,
  account: ServiceAccount | undefined,
  region: string,
): Pod {
  const annotations = account?.metadata?.annotations;
  const role = own(annotations, `${DOMAIN}role-arn`);
  if (role === undefined || role === '') return pod;
  const sts = own(annotations, `${DOMAIN}sts-regional-endpoints`) ?? 'true';
  const identity = { role, region, regionalSts: TRUE.has(sts) || !FALSE.has(sts) };
  const skipped = skippedIn(pod.metadata.annotations);
  const mutate = (container: Container): Container =>
    skipped.has(container.name) ? container : withIdentity(container, identity);
  const volume = tokenVolume(
    own(annotations, `${DOMAIN}audience`) ?? AUDIENCE,
    expirationOf(annotations, pod.metadata.annotations),
  );
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      volumes: spec.volumes?.some(({ name }) => name === VOLUME)
        ? spec.volumes
        : [volume, ...(spec.volumes ?? [])],
      ...(spec.initContainers && { initContainers: spec.initContainers.map(mutate) }),
      containers: spec.containers.map(mutate),
    },
  };
}

function withIdentity(container: Container, { role, region, regionalSts }: Identity): Container {
  const named = new Set((container.env ?? []).map(({ name }) => name));
  const has = (...names: string[]): boolean => names.some((name) => named.has(name));
  const hasIdentity = has('AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE');
  const hasRegion = has('AWS_REGION', 'AWS_DEFAULT_REGION');
  const hasSts = has('AWS_STS_REGIONAL_ENDPOINTS');
  if (hasIdentity && hasRegion && hasSts) return container;
  const added: [string, string][] = [
    ...(regionalSts && !hasSts ? [['AWS_STS_REGIONAL_ENDPOINTS', 'regional'] as const] : []),
    ...(!hasRegion && region !== ''
      ? [['AWS_DEFAULT_REGION', region] as const, ['AWS_REGION', region] as const]
      : []),
    ...(hasIdentity
      ? []
      : [
          ['AWS_ROLE_ARN', role] as const,
          ['AWS_WEB_IDENTITY_TOKEN_FILE', `${MOUNT_PATH}/${TOKEN}`] as const,
        ]),
  ].map(([name, value]) => [name, value]);
  const mounts = container.volumeMounts ?? [];
  return {
    ...container,
    env: [...(container.env ?? []), ...added.map(([name, value]) => ({ name, value }))],
    volumeMounts: mounts.some(({ name }) => name === VOLUME)
      ? mounts
      : [...mounts, { name: VOLUME, readOnly: true, mountPath: MOUNT_PATH }],
  };
}

/** One line of comma-separated names, which may be quoted; a malformed line skips no container. */
function skippedIn(annotations: Annotations): Set<string> {
  const line = (own(annotations, `${DOMAIN}skip-containers`) ?? '').split(/\r?\n/, 1)[0] ?? '';
  const names = line.split(',').map((name) => /^"([^"]*)"$/.exec(name)?.[1] ?? name);
  return names.some((name) => name.includes('"')) ? new Set() : new Set(names);
}

/** The pod's annotation overrides the account's; a value that is not a whole number is ignored. */
function expirationOf(account: Annotations, pod: Annotations): number {
  const found = [pod, account]
    .map((annotations) => own(annotations, `${DOMAIN}token-expiration`))
    .find((text) => text !== undefined && /^[+-]?\d{1,18}$/.test(text));
  return found === undefined ? DEFAULT_SECONDS : Math.max(Number(found), MIN_SECONDS);
}

const tokenVolume = (
  audience: string,
  expirationSeconds: number,
): NonNullable<PodSpec['volumes']>[number] => ({
  name: VOLUME,
  projected: {
    sources: [{ serviceAccountToken: { audience, expirationSeconds, path: TOKEN } }],
    defaultMode: 420,
  },
});
