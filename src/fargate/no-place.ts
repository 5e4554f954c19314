// Why Fargate, which only mounts whole volumes, cannot show a single file or directory at a mount's path: the texts of the refusals.
import type { NoPlace } from '../pod/volumes/container-view.ts';

const NO_FILES = 'Fargate mounts no single files';

/** The refusal's text. */
export function noPlaceText(why: NoPlace): string {
  switch (why.kind) {
    case 'readOnlyVolume':
      return `${NO_FILES}; into a volume that the container mounts read-only none can be put`;
    case 'topDirectory':
      return `${NO_FILES}; with readOnlyRootFilesystem none can be put beside the top directories of the image`;
    case 'kernelDirectory':
      return `${NO_FILES}; none can be put into ${why.directory}`;
    case 'lateName':
      return 'with readOnlyRootFilesystem Fargate can mount this part only where all mounts of the volume name it by the same expression: its path is known too late';
  }
}
