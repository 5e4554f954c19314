// The Images port on registries, with ECR's client for the node's own credentials.
import { lookup } from 'node:dns/promises';
import { ECRClient } from '@aws-sdk/client-ecr';
import { publicFetch } from '../../images/public-fetch.ts';
import { registryImages } from '../../images/registry-images.ts';
import type { Fetch } from '../../images/registry-session.ts';
import type { Images } from '../../ports/images.ts';
import { present } from '../../present.ts';
import type { Table } from '../../store/table.ts';
import { createClient, type ClientOptions } from '../client.ts';
import { systemClock } from '../../system-clock.ts';
import type { Config } from '../config.ts';
import { ecrCredentials } from '../ecr-credentials.ts';
import { tableImages } from '../kept-images.ts';

/** A registry that takes longer is asked again by the pod's back-off. */
const REGISTRY_MS = 15_000;

/** Images for the installation's architectures. */
export const images = (options: ClientOptions, config: Config, table: Table): Images =>
  registryImages({
    fetch: registryFetch(config),
    clock: systemClock,
    architectures: config.architectures,
    nodeCredentials: ecrCredentials(createClient(ECRClient, options), systemClock),
    mirrors: config.mirrors,
    kept: tableImages(table, systemClock),
    ...present({ endpoint: config.registryEndpoint || undefined }),
  });

/** The installation's own registry may stand anywhere, any other host must be public. */
function registryFetch({ registryEndpoint }: Config): Fetch {
  const ask = (url: string, init: RequestInit): Promise<Response> =>
    fetch(url, { ...init, signal: AbortSignal.timeout(REGISTRY_MS) });
  const askPublic = publicFetch(ask, (host) => lookup(host, { all: true }));
  return (url, init) =>
    registryEndpoint !== '' && url.startsWith(`${registryEndpoint}/`)
      ? ask(url, { ...init, redirect: 'error' })
      : askPublic(url, init);
}
