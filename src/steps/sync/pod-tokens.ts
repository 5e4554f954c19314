// Service account tokens for a pod's projected volumes: minted once, kept beside the pod until they are due for refresh.
import { issueToken } from '../../auth/service-account-tokens.ts';
import type { Pod } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import type { VolumeContext } from '../../pod/volumes/volume-files.ts';
import type { Json } from '../../ports/json.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';
import { tokenKey } from '../pod/record-for.ts';

type TokenPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>;

interface Wanted {
  audience?: string;
  expirationSeconds: number;
}

interface Kept {
  token: string;
  /** Epoch ms from which a new one is due: at 80 % of its lifetime, as in the kubelet. */
  refreshAt: number;
}

const DEFAULT_SECONDS = 3_600;
const REFRESH_AT = 0.8;

const keyOf = ({ audience = '', expirationSeconds }: Wanted): string =>
  `${expirationSeconds} ${audience}`;

/** The tokens for the pod's volumes, by audience and lifetime; their text stays the same until the refresh is due. */
export async function podTokens(ports: TokenPorts, pod: Pod): Promise<VolumeContext['token']> {
  const wanted = wantedTokens(pod);
  if (wanted.length === 0) return () => undefined;
  const key = tokenKey(pod.metadata.uid ?? '');
  const kept = parseKept((await ports.store.getRecord(key))?.value);
  const now = ports.clock.now().getTime();
  const due = wanted.filter((one) => (own(kept, keyOf(one))?.refreshAt ?? 0) <= now);
  const minted = due.length > 0 ? await mint(ports, pod, due) : {};
  const tokens = { ...kept, ...minted };
  if (Object.keys(minted).length > 0)
    await ports.store.commit({
      records: [{ key, value: tokens as unknown as Json, expected: 'any' }],
    });
  return (request) => own(tokens, keyOf(request))?.token;
}

function wantedTokens(pod: Pod): Wanted[] {
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  return sources.flatMap(({ serviceAccountToken }) => {
    if (!serviceAccountToken) return [];
    const { audience, expirationSeconds = DEFAULT_SECONDS } = serviceAccountToken;
    return [{ ...present({ audience: audience || undefined }), expirationSeconds }];
  });
}

const parseKept = (value: Json | undefined): { [key: string]: Kept } =>
  isMap(value) ? (value as unknown as { [key: string]: Kept }) : {};

async function mint(
  ports: TokenPorts,
  pod: Pod,
  due: readonly Wanted[],
): Promise<{ [key: string]: Kept }> {
  const { name = '', namespace = 'default', uid = '' } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  const found = await ports.store.get({ resource: 'serviceaccounts', namespace, name: account });
  // Without its account the pod gets no token: its volume reports it and the pod waits.
  if (!found) return {};
  const now = ports.clock.now().getTime();
  const made = due.map(async (one): Promise<[string, Kept]> => {
    const { token } = await issueToken(ports, {
      namespace,
      serviceAccount: { name: account, uid: found.metadata.uid ?? '' },
      pod: { name, uid, ...present({ nodeName: pod.spec.nodeName || undefined }) },
      audiences: one.audience ? [one.audience] : [],
      expirationSeconds: one.expirationSeconds,
    });
    return [keyOf(one), { token, refreshAt: now + one.expirationSeconds * 1000 * REFRESH_AT }];
  });
  return Object.fromEntries(await Promise.all(made));
}
