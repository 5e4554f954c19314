// The form of an assumption about AWS; the folders beside this file have one file per assumption.
import type { Lab } from './lab.ts';
import type { Uses } from './cost.ts';

export interface Evidence {
  /** `unproven`: the target gave no evidence for or against it. */
  outcome: 'passed' | 'failed' | 'unproven';
  /** What the proof saw. */
  text: string;
}

export interface Assumption {
  /** Also the row of the fallback table in docs/decisions.md. */
  id: string;
  /** The assumption, as a sentence. */
  assumed: string;
  /** How it is proven, as a sentence. */
  proof: string;
  /** What the proof costs at most. */
  uses: Uses;
  /** Whether the proof takes at most a minute on any target. */
  isQuick: boolean;
  /** Why an emulator may lack it. A failure on an emulator then counts as unproven. */
  onAwsOnly?: string;
  prove(lab: Lab): Promise<Evidence>;
}

export const passed = (text: string): Evidence => ({ outcome: 'passed', text });
export const failed = (text: string): Evidence => ({ outcome: 'failed', text });
export const unproven = (text: string): Evidence => ({ outcome: 'unproven', text });

/** Passed if it is as assumed, else failed. */
export const seen = (isAsAssumed: boolean, text: string): Evidence =>
  isAsAssumed ? passed(text) : failed(text);
