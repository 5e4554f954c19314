// The podlet's image: an ECR repository, and a custom resource that fills it from assets, one per blob, so that a new version of droppod
// uploads only droppod's own layer. A deployment needs no container engine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { podletLayout } from '../../podlet/image/build-layout.ts';
import type { Architecture } from '../choices.ts';
import { bundledFunction } from './bundled-function.ts';

/** Builds the image's layout for a stack; throws when a part is missing. */
export const buildLayout = async (
  architectures: readonly Architecture[],
): Promise<PodletSource> => ({
  layout: (await podletLayout(architectures)).directory,
});

/** Where the image comes from: a layout that podlet/image/oci.ts wrote, or an image of the user's own. */
export type PodletSource = { layout: string } | { image: string };

/** Living pods keep the image that they started with; a handful of versions is enough for them. */
const KEPT_IMAGES = 12;

/** The actions that AWS lists for a push. */
const PUSH_ACTIONS = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:CompleteLayerUpload',
  'ecr:GetDownloadUrlForLayer',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];

interface Descriptor {
  mediaType: string;
  digest: string;
}

export class PodletImage extends Construct {
  readonly uri: string;
  constructor(scope: Construct, id: string, source: PodletSource) {
    super(scope, id);
    this.uri = 'image' in source ? source.image : this.pushed(source.layout);
  }

  private pushed(layout: string): string {
    const repository = new Repository(this, 'Repository', {
      emptyOnDelete: true,
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [{ maxImageCount: KEPT_IMAGES }],
    });
    const push = bundledFunction(this, 'put-image', {
      timeout: Duration.minutes(10),
      // The largest blob, Node's layer, is held in memory while its digest is verified.
      memorySize: 1024,
      environment: {},
    });
    push.addToRolePolicy(
      new PolicyStatement({ actions: PUSH_ACTIONS, resources: [repository.repositoryArn] }),
    );
    push.addToRolePolicy(
      new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }), // The token is for the whole registry.
    );
    const { index, manifests, blobs } = readLayout(layout);
    const properties = {
      RepositoryUri: repository.repositoryUri,
      Tag: index.digest.slice('sha256:'.length, 'sha256:'.length + 16),
      Blobs: blobs.map(({ digest }) => this.asset(push, layout, digest)),
      Manifests: [...manifests, index].map(({ digest, mediaType }) => ({
        ...this.asset(push, layout, digest),
        MediaType: mediaType,
      })),
    };
    const image = new CustomResource(this, 'Image', {
      resourceType: 'Custom::PodletImage',
      serviceToken: push.functionArn,
      serviceTimeout: Duration.minutes(12),
      properties,
    });
    if (push.role) image.node.addDependency(push.role);
    return image.getAttString('Uri');
  }

  private asset(
    reader: Function,
    layout: string,
    digest: string,
  ): { Digest: string; Bucket: string; Key: string } {
    const { s3BucketName, s3ObjectKey } = new Asset(this, digest, {
      path: blobFile(layout, digest),
    });
    const object = Stack.of(this).formatArn({
      service: 's3',
      region: '',
      account: '',
      resource: s3BucketName,
      resourceName: s3ObjectKey,
    });
    reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [object] }));
    return { Digest: digest, Bucket: s3BucketName, Key: s3ObjectKey };
  }
}

const blobFile = (layout: string, digest: string): string =>
  join(layout, 'blobs', ...digest.split(':'));

/** The content of a layout with one index: blobs in the order of their layers, each once. */
function readLayout(layout: string): {
  index: Descriptor;
  manifests: Descriptor[];
  blobs: Descriptor[];
} {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const [index] = (read(join(layout, 'index.json')) as { manifests: Descriptor[] }).manifests;
  if (index === undefined) throw new Error(`${layout} holds no image`);
  const { manifests } = read(blobFile(layout, index.digest)) as { manifests: Descriptor[] };
  const blobs = new Map<string, Descriptor>();
  for (const { digest } of manifests) {
    const { config, layers } = read(blobFile(layout, digest)) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    for (const blob of [...layers, config]) blobs.set(blob.digest, blob);
  }
  return { index, manifests, blobs: [...blobs.values()] };
}
