// The images of all containers of a pod, each reference looked up once; what cannot be had is an outcome with a back-off.
import { pullCredentials } from '../images/pull-secrets.ts';
import type { Container, Pod } from '../kinds/pod.ts';
import * as podEvents from '../pod/events.ts';
import type { PodEvent } from '../pod/events.ts';
import type { ImageConfig, ImageOutcome, Ports, RegistryCredential } from '../ports.ts';

export interface ResolvedImages {
  images: { [container: string]: ImageConfig };
  failures: { [container: string]: { reason: string; message: string } };
  events: PodEvent[];
  /** What opened the registry, for those images that needed it. Never stored. */
  credentials: { [container: string]: RegistryCredential };
}

type Policy = 'Always' | 'IfNotPresent' | 'Never';

const toPolicy = (text: string | undefined): Policy => (text === 'Always' || text === 'Never' ? text : 'IfNotPresent');

const keyOf = ({ image, imagePullPolicy }: Container): string => `${imagePullPolicy ?? ''} ${image ?? ''}`;

/** Asks for every image; faults of the registry are failures too, the pod tries again. */
export async function resolveImages({ images, store }: Pick<Ports, 'images' | 'store'>, pod: Pod): Promise<ResolvedImages> {
  const { credentials, missing } = await pullCredentials({ store }, pod);
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const wanted = new Map(containers.map((container) => [keyOf(container), container]));
  const answers = await Promise.all([...wanted].map(async ([key, { image = '', imagePullPolicy }]) => [key, await images.resolve(image, toPolicy(imagePullPolicy), credentials)] as const));
  const outcomes = new Map(answers);
  const resolved: ResolvedImages = { images: {}, failures: {}, credentials: {}, events: missing.length > 0 ? [podEvents.failedToRetrieveImagePullSecret(missing)] : [] };
  for (const container of containers) {
    const outcome = outcomes.get(keyOf(container));
    if (!outcome) continue;
    addOutcome(resolved, container, outcome);
    // The first container has brought the image; only Always asks again.
    if ('config' in outcome && container.imagePullPolicy !== 'Always') outcomes.set(keyOf(container), { ...outcome, pulled: false });
  }
  return resolved;
}

function addOutcome(resolved: ResolvedImages, { name, image = '' }: Container, outcome: ImageOutcome): void {
  if ('config' in outcome) {
    resolved.images[name] = outcome.config;
    if (outcome.credential) resolved.credentials[name] = outcome.credential;
    const { pulled, milliseconds, config } = outcome;
    const done = [podEvents.pulling(name, image), podEvents.pulled(name, image, milliseconds, config.sizeBytes)];
    resolved.events.push(...(pulled ? done : [podEvents.alreadyPresent(name, image)]));
    return;
  }
  const { failure: reason, message } = outcome;
  resolved.failures[name] = { reason, message: waitingMessage(image, reason, message) };
  resolved.events.push(...failureEvents(name, image, reason, message));
}

/** The message beside the waiting reason, as the kubelet words it. */
function waitingMessage(image: string, reason: string, message: string): string {
  if (reason === 'ErrImageNeverPull') return `Container image "${image}" is not present with pull policy of Never`;
  return message;
}

function failureEvents(name: string, image: string, reason: string, message: string): PodEvent[] {
  if (reason === 'ErrImageNeverPull') return [podEvents.errImageNeverPull(name, image), podEvents.failed(name, reason)];
  if (reason === 'InvalidImageName') return [podEvents.inspectFailed(name, message), podEvents.failed(name, reason)];
  return [podEvents.pulling(name, image), podEvents.failedToPull(name, image, message), podEvents.failed(name, reason)];
}
