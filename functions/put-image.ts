// A custom resource of the stack: copies the podlet image from the deployment's assets into its repository, without a container engine.
import { customResource } from '../src/aws/deployment/custom-resource.ts';
import { putPodletImage } from '../src/aws/deployment/put-image.ts';

export const handler = customResource(putPodletImage);
