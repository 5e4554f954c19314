// Content of volumes that is put in place before a container starts, where no mount can show it.

/** Content that the podlet copies from one volume into another before the container starts. */
export interface Brought {
  from: string;
  path: string;
  to: string;
}

export interface Link {
  link: string;
  target: string;
}

/** Volume content to put in place at a start. Volumes are named by their keys. */
export interface StartContent {
  /** What init containers left in a volume at the path of a part is moved into the part. */
  moved?: Brought[];
  /** Directories of file volumes, as they are at the start. */
  directories?: Brought[];
  /** Files of volumes, copied to `at` in the container; with `seed` into that volume, which is mounted at their directory. */
  files?: { volume: string; path: string; at: string; seed?: string }[];
  /** Links that lie in a seed. */
  seedLinks?: { at: string; target: string; seed: string }[];
}
