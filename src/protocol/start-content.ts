// What a start brings into a container before its process runs: content of volumes where no mount can show it.

/** Content that the podlet brings from one volume into another before the container starts. */
export interface Brought {
  from: string;
  path: string;
  to: string;
}

export interface Link {
  link: string;
  target: string;
}

/** Content of volumes that a start brings where it must be. Volumes are named by their keys. */
export interface StartContent {
  /** What init containers left in a volume at the path of a part moves into the part. */
  moved?: Brought[];
  /** Directories of file volumes as they are now. */
  directories?: Brought[];
  /** Files of volumes, copied to `at` in the container; with `seed` into that volume, which is mounted at their directory. */
  files?: { volume: string; path: string; at: string; seed?: string }[];
  /** Links that lie in a seed. */
  seedLinks?: { at: string; target: string; seed: string }[];
}
