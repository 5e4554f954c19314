// The PullSecrets port with its client.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PullSecrets } from '../../ports/pull-secrets.ts';
import { createClient, type ClientOptions } from '../client.ts';
import { systemClock } from '../../system-clock.ts';
import { pullSecretPrefix, type Config } from '../config.ts';
import { awsPullSecrets } from '../pull-secrets.ts';

/** The installation's secrets; `key` is what their names are made with. */
export const pullSecrets = (
  options: ClientOptions,
  { cluster }: Config,
  key: () => Promise<string>,
): PullSecrets =>
  awsPullSecrets({
    client: createClient(SecretsManagerClient, options),
    clock: systemClock,
    prefix: pullSecretPrefix(cluster),
    key,
  });
