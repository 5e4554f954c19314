// What droppod takes AWS to do, as something that can be proven: one file per assumption in the folders beside this one.
import type { Lab } from './lab.ts';
import type { Uses } from './cost.ts';

export interface Evidence {
  /** `unproven`: nothing that was seen speaks for it or against it. */
  outcome: 'passed' | 'failed' | 'unproven';
  /** What was seen. */
  text: string;
}

export interface Assumption {
  /** Row of the table in docs/decisions.md that says what to do where it does not hold. */
  id: string;
  /** The assumption, as a sentence. */
  assumed: string;
  /** How it is proven, as a sentence. */
  proof: string;
  /** What the proof bills, at most. */
  uses: Uses;
  /** Proven within a minute, whatever the target. */
  isQuick: boolean;
  /** Why an emulator may lack it: there a miss proves nothing. */
  onAwsOnly?: string;
  prove(lab: Lab): Promise<Evidence>;
}

export const passed = (text: string): Evidence => ({ outcome: 'passed', text });
export const failed = (text: string): Evidence => ({ outcome: 'failed', text });
export const unproven = (text: string): Evidence => ({ outcome: 'unproven', text });

/** Passed or failed, with the same words. */
export const seen = (isAsAssumed: boolean, text: string): Evidence =>
  isAsAssumed ? passed(text) : failed(text);
