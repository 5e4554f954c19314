// The podlet's image as an asset: `npm run build` makes its context (bundle, Node, supervise); the deployment uploads it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';

export class PodletImage extends Construct {
  readonly uri: string;
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const context = join(import.meta.dirname, '../../build/podlet/context');
    if (!existsSync(join(context, 'Dockerfile'))) {
      // A synthesis on a machine without Go still shows the whole stack; `npm run build` fills the context before a deployment.
      mkdirSync(context, { recursive: true });
      writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\n');
    }
    if (!existsSync(join(context, 'rootfs.tar')))
      Annotations.of(this).addWarningV2(
        'droppod:podlet',
        'the podlet image is empty: run `npm run build` before a deployment',
      );
    this.uri = new DockerImageAsset(this, 'Image', {
      directory: context,
      platform: Platform.LINUX_AMD64,
    }).imageUri;
  }
}
