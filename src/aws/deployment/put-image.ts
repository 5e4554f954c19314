// Copies the podlet image from the deployment's assets in S3 into the stack's ECR repository.
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { pushImage, type PushContent, type PushTools } from '../../images/push-image.ts';
import { systemClock } from '../../system-clock.ts';
import type { ResourceOutcome } from './custom-resource.ts';

/** An object in S3 and the digest of its expected content. */
export interface ContentProperties {
  Digest: string;
  Bucket: string;
  Key: string;
}

/** Properties of the custom resource, written by cdk/constructs/podlet-image.ts. */
export interface ImageProperties {
  /** `<account>.dkr.ecr.<region>.…/<name>`. */
  RepositoryUri: string;
  Tag: string;
  Blobs: ContentProperties[];
  Manifests: (ContentProperties & { MediaType: string })[];
}

export interface ImageClients {
  s3: Pick<S3Client, 'send'>;
  ecr: Pick<ECRClient, 'send'>;
}

/** The step of functions/put-image.ts, with the environment's clients; its few requests are worth retrying. */
export const putPodletImage = (properties: unknown): Promise<ResourceOutcome> =>
  putImage(
    { s3: new S3Client({ maxAttempts: 5 }), ecr: new ECRClient({ maxAttempts: 5 }) },
    { fetch, clock: systemClock },
    properties as ImageProperties,
  );

/** May be called again with the same properties: existing content stays. */
export async function putImage(
  { s3, ecr }: ImageClients,
  tools: Pick<PushTools, 'fetch' | 'clock'>,
  { RepositoryUri, Tag, Blobs, Manifests }: ImageProperties,
): Promise<ResourceOutcome> {
  const content = ({ Digest, Bucket, Key }: ContentProperties): PushContent => ({
    digest: Digest,
    read: async () => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      if (Body === undefined) throw new Error(`s3://${Bucket}/${Key} is empty`);
      return Body.transformToByteArray();
    },
  });
  const slash = RepositoryUri.indexOf('/');
  const registry = RepositoryUri.slice(0, slash);
  const digest = await pushImage(
    { ...tools, credential: { registry, ...(await password(ecr)) } },
    {
      registry,
      repository: RepositoryUri.slice(slash + 1),
      tag: Tag,
      blobs: Blobs.map(content),
      manifests: Manifests.map((manifest) => ({
        ...content(manifest),
        mediaType: manifest.MediaType,
      })),
    },
  );
  return { id: RepositoryUri, attributes: { Uri: `${RepositoryUri}@${digest}` } };
}

async function password(ecr: ImageClients['ecr']): Promise<{ username: string; password: string }> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const pair = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon < 0) throw new Error('ECR gave no password');
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
