// The identity of a local installation: keys, certificates, ports and bridge, created once and kept in its data directory.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates, type Certificates } from './tls/certificates.ts';
import { Unusable } from './unusable.ts';

/** The random secrets, created once. */
export interface Secrets {
  id: string;
  adminToken: string;
  /** HMAC key of podlets' bootstrap tokens, base64. */
  podletKey: string;
  /** The key for signing requests to the AWS endpoints. */
  accessKey: { accessKeyId: string; secretAccessKey: string };
}

export interface Installation extends Secrets {
  /** 0 until the first start has chosen one. */
  apiPort: number;
  awsPort: number;
  metadataPort: number;
  bridge: string;
  certificates: Certificates;
}

const file = (directory: string): string => join(directory, 'installation.json');

/** The stored installation, or a new one; the certificate is renewed when the bridge's address has changed. */
export async function loadInstallation(
  directory: string,
  bridge: string,
  now: Date,
  fresh: () => Secrets,
): Promise<Installation> {
  const stored = readInstallation(directory);
  // An installation older than this key gets one.
  const known = stored && { ...stored, accessKey: stored.accessKey ?? fresh().accessKey };
  if (known?.bridge === bridge) return known;
  const names = [
    'localhost',
    '127.0.0.1',
    bridge,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const certificates = await makeCertificates(names, now);
  const kept = known ?? { ...fresh(), apiPort: 0, awsPort: 0, metadataPort: 0 };
  return keepInstallation(directory, { ...kept, bridge, certificates });
}

/** undefined: nothing was ever started in this directory. Throws Unusable if the file is damaged. */
export function readInstallation(directory: string): Installation | undefined {
  if (!existsSync(file(directory))) return undefined;
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(file(directory), 'utf8'));
  } catch (error) {
    throw damaged(directory, error instanceof Error ? error.message : String(error));
  }
  if (!isInstallation(stored)) throw damaged(directory, 'members are missing');
  return stored;
}

function isInstallation(stored: unknown): stored is Installation {
  if (typeof stored !== 'object' || stored === null) return false;
  const { id, adminToken, podletKey, bridge, certificates } = stored as Partial<
    Record<keyof Installation, unknown>
  >;
  return (
    [id, adminToken, podletKey, bridge].every((text) => typeof text === 'string' && text !== '') &&
    typeof certificates === 'object' &&
    certificates !== null
  );
}

function damaged(directory: string, how: string): Unusable {
  return new Unusable(
    `${file(directory)} cannot be read (${how.replaceAll(/\s+/g, ' ')}): restore it from a copy, since it has the keys of what lies beside it, or remove ${directory} to start anew`,
  );
}

/** Written completely or not at all: a kill in between leaves the old file. */
export function keepInstallation(directory: string, installation: Installation): Installation {
  const next = `${file(directory)}.new`;
  writeFileSync(next, JSON.stringify(installation), { mode: 0o600 });
  renameSync(next, file(directory));
  return installation;
}
