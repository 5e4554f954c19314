// A custom resource of the stack: copies the podlet image from the deployment's assets into its repository, without a container engine.
import { customResource } from '../src/aws/custom-resource.ts';
import { putPodletImage } from '../src/aws/put-image.ts';

export const handler = customResource(putPodletImage);
