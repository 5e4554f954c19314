// The options of `droppod up`.

export interface LocalOptions {
  directory: string;
  /** Undefined: the previous port, else 7443; 0: any free port. */
  port: number | undefined;
  beyondFargate: boolean;
  /** Turns droppod's refusals into warnings. */
  warnOfRefusals?: boolean;
  /** Continue with the remaining data if a database has lost writes. */
  acceptLoss: boolean;
  /** The directory of static pods. */
  staticPods?: string;
  podletImage: string;
  log: (line: string) => void;
}
