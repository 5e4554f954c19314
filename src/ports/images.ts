// Images as a registry or an engine knows them.

/** A container's imagePullPolicy. */
export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export interface ImageConfig {
  /** `sha256:…` of the platform's manifest. */
  digest: string;
  /** Reference to put into the task definition, by digest. */
  reference: string;
  /** Name to show in containerStatuses[].image, e.g. `docker.io/library/busybox:1.36`. */
  name: string;
  /** imageID to show, e.g. `docker.io/library/busybox@sha256:…`. */
  imageId: string;
  sizeBytes?: number;
  architecture: string;
  entrypoint: string[];
  cmd: string[];
  env: string[];
  user: string;
  workingDir: string;
  stopSignal: string;
}

export type ImageOutcome =
  /** `credential`: the pod's own that opened the registry; absent where none was needed. */
  | { config: ImageConfig; pulled: boolean; milliseconds: number; credential?: RegistryCredential }
  | {
      failure: 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName' | 'RegistryUnavailable';
      message: string;
    };

export interface RegistryCredential {
  /** Host and optional path prefix as in a docker config's `auths` key; globs per host label. */
  registry: string;
  username: string;
  password: string;
}

export interface Images {
  /**
   * An image that cannot be had is an outcome. `policy` Never and IfNotPresent matter to local mode only.
   * `onPull` is called before a registry is asked, once at most; an image that is here already asks none.
   */
  resolve(
    image: string,
    policy: PullPolicy,
    credentials: RegistryCredential[],
    onPull?: () => void,
  ): Promise<ImageOutcome>;
}
