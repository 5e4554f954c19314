// Everything the podlet knows, as plain data: what supervisors reported, what the API wants, what is in progress.
import type { Run } from '../src/protocol/run.ts';
import type { Desired, DesiredVolume, StartOrder, Usage } from '../src/protocol/messages.ts';
import type { PodletIdentity } from './ports.ts';

/** A stop in progress; times in ms of the podlet's clock. */
export interface Stopping {
  since: number;
  /** Only shrinks (kubelet: a shorter grace interrupts the stop and repeats it). */
  graceSeconds: number;
  preStop: 'none' | 'running' | 'done';
  signalledAt?: number;
  killed?: boolean;
}

/** Why the podlet itself stops a run. */
interface OwnStop {
  graceSeconds: number;
  message: string;
}

export interface ContainerView {
  name: string;
  hello: boolean;
  connected: boolean;
  /** Newest run that began or failed to begin. */
  run?: Run;
  /** The order that started it. */
  order?: StartOrder;
  /** The number of a run whose start was sent and not confirmed yet. */
  starting?: number;
  alive: boolean;
  /** Why the ordered run could not start, and when it is retried (ms). */
  refusal?: { message: string; until: number };
  /** postStart is running: the container is locked, later ones wait. */
  hookRunning: boolean;
  stopping?: Stopping;
  ownStop?: OwnStop;
  /** The engine's TERM: when it came, and whether a report with it was answered. */
  term?: { at: number; reported?: number; answered: boolean; settled: boolean };
  /** Its supervisor was ordered to end. */
  quit?: boolean;
  runtimeId?: string;
  /** Its supervisor did not come back: the container was killed, and nothing starts in it any more. */
  lost?: true;
  /** It joined the running task: the sandbox was ready without it. */
  added?: true;
}

interface VolumeView {
  wanted: DesiredVolume;
  applied?: string;
}

export interface World {
  identity: PodletIdentity;
  containers: ContainerView[];
  desired?: Desired;
  volumes: { [name: string]: VolumeView };
  /** The API refused this podlet. */
  refused: boolean;
  /** Own TERM from the engine, ms. */
  engineTermAt?: number;
  lastAnswerAt?: number;
  /** The report with `done` was answered. */
  doneAnswered: boolean;
  evict?: string;
  usage?: Usage;
}

/** A container whose supervisor has not said hello yet. */
export const newContainer = (name: string): ContainerView => ({
  name,
  hello: false,
  connected: false,
  alive: false,
  hookRunning: false,
});

/** A world in which nothing is known yet. */
export function newWorld(identity: PodletIdentity): World {
  return {
    identity,
    containers: identity.containers.map(newContainer),
    volumes: {},
    refused: false,
    doneAnswered: false,
  };
}

/** Every supervisor of the pod's first containers has said hello. */
export const sandboxReady = (world: World): boolean =>
  world.containers.every((container) => container.hello || container.added === true);

/** The pod is being ended: nothing starts any more. */
export const ending = (world: World): boolean =>
  world.refused || world.desired?.leave !== undefined || world.desired?.terminate !== undefined;

/** Nothing runs and nothing will: the last report may be sent. */
export const quiet = (world: World): boolean =>
  ending(world) &&
  world.containers.every((container) => !container.alive && container.starting === undefined);
