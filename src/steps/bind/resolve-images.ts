// The images of all containers of a pod, each reference looked up once; an unavailable image is an outcome with a back-off.
import { pullCredentials } from '../../images/pull-secrets.ts';
import type { Container, Pod } from '../../kinds/pod.ts';
import { setOwn } from '../../own.ts';
import { initAndAppContainers } from '../../pod/model/containers.ts';
import * as podEvents from '../../pod/events/pod-events.ts';
import type { PodEvent } from '../../pod/events/pod-events.ts';
import type { ImageConfig, ImageOutcome, RegistryCredential } from '../../ports/images.ts';
import type { Ports } from '../../ports/ports.ts';

export interface ResolvedImages {
  images: { [container: string]: ImageConfig };
  failures: { [container: string]: { reason: string; message: string } };
  /** Credentials of the images that needed one. Never stored. */
  credentials: { [container: string]: RegistryCredential };
}

type Policy = 'Always' | 'IfNotPresent' | 'Never';

const toPolicy = (text: string | undefined): Policy =>
  text === 'Always' || text === 'Never' ? text : 'IfNotPresent';

const keyOf = ({ image, imagePullPolicy }: Container): string =>
  `${imagePullPolicy ?? ''} ${image ?? ''}`;

/** Looks up every image and writes its events as they happen; a fault of the registry counts as a failure too, so that the pod retries. */
export async function resolveImages(
  { images, store }: Pick<Ports, 'images' | 'store'>,
  pod: Pod,
  write: (events: PodEvent[]) => void,
): Promise<ResolvedImages> {
  const { credentials, missing } = await pullCredentials({ store }, pod);
  if (missing.length > 0) write([podEvents.failedToRetrieveImagePullSecret(missing)]);
  const containers = initAndAppContainers(pod);
  const sharers = new Map<string, Container[]>();
  for (const container of containers)
    sharers.set(keyOf(container), [...(sharers.get(keyOf(container)) ?? []), container]);
  const resolved: ResolvedImages = { images: {}, failures: {}, credentials: {} };
  await Promise.all(
    [...sharers.values()].map(async (alike) => {
      const [{ name = '', image = '', imagePullPolicy } = {}] = alike;
      let asked = false;
      const onPull = (): void => {
        asked = true;
        write([podEvents.pulling(name, image)]);
      };
      const outcome = await images.resolve(image, toPolicy(imagePullPolicy), credentials, onPull);
      for (const container of alike) addOutcome(resolved, container, outcome);
      write(
        alike.flatMap((container, index) =>
          outcomeEvents(container, outcome, { first: index === 0, asked }),
        ),
      );
    }),
  );
  return resolved;
}

function addOutcome(
  resolved: ResolvedImages,
  { name, image = '' }: Container,
  outcome: ImageOutcome,
): void {
  if ('config' in outcome) {
    setOwn(resolved.images, name, outcome.config);
    if (outcome.credential) setOwn(resolved.credentials, name, outcome.credential);
  } else {
    setOwn(resolved.failures, name, {
      reason: outcome.failure,
      message: waitingMessage(image, outcome.failure, outcome.message),
    });
  }
}

/** The events for one container's image. Containers with the same image share the look-up, and each reports as if it were alone. */
function outcomeEvents(
  { name, image = '', imagePullPolicy }: Container,
  outcome: ImageOutcome,
  { first, asked }: { first: boolean; asked: boolean },
): PodEvent[] {
  const pulling = asked && !first ? [podEvents.pulling(name, image)] : [];
  if (!('config' in outcome))
    return [...pulling, ...failureEvents(name, image, outcome.failure, outcome.message)];
  // The first container has pulled the image; only Always asks again.
  if (!outcome.pulled || (!first && imagePullPolicy !== 'Always'))
    return [podEvents.alreadyPresent(name, image)];
  return [
    ...pulling,
    podEvents.pulled(name, image, outcome.milliseconds, outcome.config.sizeBytes),
  ];
}

/** The kubelet's message beside the waiting reason. */
function waitingMessage(image: string, reason: string, message: string): string {
  if (reason === 'ErrImageNeverPull')
    return `Container image "${image}" is not present with pull policy of Never`;
  return message;
}

function failureEvents(name: string, image: string, reason: string, message: string): PodEvent[] {
  if (reason === 'ErrImageNeverPull')
    return [podEvents.errImageNeverPull(name, image), podEvents.failed(name, reason)];
  if (reason === 'InvalidImageName')
    return [podEvents.inspectFailed(name, message), podEvents.failed(name, reason)];
  return [podEvents.failedToPull(name, image, message), podEvents.failed(name, reason)];
}
