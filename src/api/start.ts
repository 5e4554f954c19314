// The first objects of an installation, as one process sees to them: where a process of the same settings has made them before, the first
// answer does not wait for a look at each, and the next request does it.
import { createHash } from 'node:crypto';
import { defaultRights } from '../auth/defaults/default-objects.ts';
import { faultMembers } from '../ports/log.ts';
import type { Ports } from '../ports/ports.ts';
import { bootstrapObjects } from './bootstrap.ts';

/** Record of what the first objects were last made from. */
const MADE_FROM = 'first-objects/made-from';

/** What the first objects depend on besides the code. */
const sourceOf = ({
  caPem,
  apiHost,
  apiPort,
  nodeName,
  region,
  architectures,
}: Ports['settings']) =>
  createHash('sha256')
    .update(
      JSON.stringify([defaultRights(), caPem, apiHost, apiPort, nodeName, region, architectures]),
    )
    .digest('base64url');

/** The start of one process. */
export class Start {
  readonly #ports: Ports;
  #ready: Promise<void> | undefined;
  #isChecked = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Resolves once the objects are there, by this process or an earlier one, and the keys are read. What failed is tried again. */
  ready(): Promise<void> {
    return (this.#ready ??= this.#begin().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    }));
  }

  /** Puts back what somebody deleted, once in a process and not for its first answer; a failure is logged, and the next request tries again. */
  async check(isFirst: boolean): Promise<void> {
    if (isFirst || this.#isChecked) return;
    this.#isChecked = true;
    await this.#make().catch((error: unknown) => {
      this.#isChecked = false;
      this.#ports.log('error', 'the first objects were not checked', faultMembers(error));
    });
  }

  async #begin(): Promise<void> {
    const { store, settings, readKeys } = this.#ports;
    const [made] = await Promise.all([store.getRecord(MADE_FROM), readKeys?.()]);
    if (made?.value !== sourceOf(settings)) await this.#make();
  }

  async #make(): Promise<void> {
    const { store, settings } = this.#ports;
    await bootstrapObjects(this.#ports);
    this.#isChecked = true;
    const value = sourceOf(settings);
    await store.commit({ records: [{ key: MADE_FROM, value, expected: 'any' }] });
  }
}
