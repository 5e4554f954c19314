// Who may open a pod's sessions: the podlet in its record, by the credential that it uses for sync.
// See docs/design/sync.md.
import type { Ports } from '../../ports/ports.ts';
import { isEqual, parseAuthorization, secretHash } from '../../auth/podlet-credential.ts';
import { readPod } from '../pod/update-pod.ts';
import { isPodletToken } from './podlet-token.ts';

/** Whether the Authorization header is that of the podlet which last reported for the pod. */
export async function isOwnPodlet(
  ports: Pick<Ports, 'store' | 'clock' | 'settings' | 'readKeys'>,
  uid: string,
  header: string | undefined,
): Promise<boolean> {
  const credential = parseAuthorization(header ?? null);
  const podlet = (await readPod(ports, uid))?.record.podlet;
  if (!credential || !podlet) return false;
  const { attempt } = podlet;
  return (
    isEqual(podlet.secretHash, secretHash(credential.secret)) &&
    isPodletToken(ports, { uid, attempt }, credential.bootstrap)
  );
}
