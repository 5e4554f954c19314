// What `droppod up` may choose of a local droppod.

export interface LocalOptions {
  directory: string;
  /** Undefined: the port of the last time, else 7443; 0: any free one. */
  port: number | undefined;
  beyondFargate: boolean;
  /** What droppod refuses is a warning. */
  warnOfRefusals?: boolean;
  /** Go on with what is left where a database has lost writes. */
  acceptLoss: boolean;
  podletImage: string;
  log: (line: string) => void;
}
