// Images as described by a registry or an engine.

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
  /** `credential`: the one of the pod's credentials that opened the registry; absent if none was needed. */
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
   * An unavailable image is an outcome. `policy` Never and IfNotPresent matter only in local mode.
   * `onPull` is called before a registry is asked, at most once; an image that is already present asks none.
   */
  resolve(
    image: string,
    policy: PullPolicy,
    credentials: RegistryCredential[],
    onPull?: () => void,
  ): Promise<ImageOutcome>;
}
