// The settings of local mode; on AWS they are environment variables.
import { present } from '../../src/present.ts';
import type { Settings } from '../../src/ports/settings.ts';
import type { Installation } from '../installation.ts';
import { ACCOUNT, REGION } from './account.ts';
import { SYNC_PATH } from './doors.ts';
import type { LocalOptions } from './options.ts';

/** How long a podlet's report may wait for news. */
export const SYNC_WAIT_MS = 30_000;

/** The settings of this installation, as the steps see them. */
export function settingsOf(
  { beyondFargate, warnOfRefusals = false, staticPods, podletImage }: LocalOptions,
  { bridge, apiPort, adminToken, podletKey, certificates }: Installation,
  machineRevision: string,
): Settings {
  return {
    mode: 'local',
    beyondFargate,
    warnOfRefusals,
    ...present({ staticPods }),
    syncUrl: `https://${bridge}:${apiPort}${SYNC_PATH}`,
    caPem: certificates.ca,
    apiHost: bridge,
    apiPort,
    podletImage,
    logGroup: '/droppod/pods',
    executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/droppod-execution`,
    region: REGION,
    podletKey,
    syncWaitMs: SYNC_WAIT_MS,
    architectures: [process.arch === 'arm64' ? 'arm64' : 'amd64'],
    clusterDomain: 'cluster.local',
    nodeName: 'droppod',
    nodeAddress: bridge,
    adminToken,
    machineRevision,
  };
}
