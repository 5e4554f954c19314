// The hosts of a region's STS: a login's presigned URL may lead to no other.

interface Partition {
  name: string;
  regions: RegExp;
  suffix: string;
  dualStack?: string;
  /** Partitions whose FIPS endpoints have names of their own. */
  fips: boolean;
}

/** The partitions whose principals may log in; regions match by their form, since new ones open (the SDK's own patterns). */
const PARTITIONS: readonly Partition[] = [
  {
    name: 'aws',
    regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
    suffix: 'amazonaws.com',
    dualStack: 'api.aws',
    fips: true,
  },
  {
    name: 'aws-cn',
    regions: /^cn-[a-z]+-\d+$/,
    suffix: 'amazonaws.com.cn',
    dualStack: 'api.amazonwebservices.com.cn',
    fips: true,
  },
  // GovCloud has only FIPS endpoints, under the plain name.
  {
    name: 'aws-us-gov',
    regions: /^us-gov-[a-z]+-\d+$/,
    suffix: 'amazonaws.com',
    dualStack: 'api.aws',
    fips: false,
  },
  {
    name: 'aws-eusc',
    regions: /^eusc-de-[a-z]+-\d+$/,
    suffix: 'amazonaws.eu',
    dualStack: 'api.amazonwebservices.eu',
    fips: true,
  },
  { name: 'aws-iso', regions: /^us-iso-[a-z]+-\d+$/, suffix: 'c2s.ic.gov', fips: true },
  { name: 'aws-iso-b', regions: /^us-isob-[a-z]+-\d+$/, suffix: 'sc2s.sgov.gov', fips: true },
  { name: 'aws-iso-e', regions: /^eu-isoe-[a-z]+-\d+$/, suffix: 'cloud.adc-e.uk', fips: true },
  { name: 'aws-iso-f', regions: /^us-isof-[a-z]+-\d+$/, suffix: 'csp.hci.ic.gov', fips: true },
];

const GLOBAL = 'sts.amazonaws.com';
const REGION = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A region's partition; a region of unknown form counts as commercial, as in the SDKs. */
export const partitionOf = (region: string): string => partitionFor(region).name;

const partitionFor = (region: string): Partition =>
  PARTITIONS.find(({ regions }) => regions.test(region)) ?? PARTITIONS[0] ?? never();

/** Whether a partition of this name exists. */
export const isPartition = (name: string): boolean =>
  PARTITIONS.some((partition) => partition.name === name);

/**
 * True for a host of STS in the partition of `ownRegion`: global (commercial only), regional, FIPS and dual stack. The region in the
 * name must have the form of a region: `sts.s3.amazonaws.com` can be anybody's bucket.
 */
export function isStsHost(host: string, ownRegion: string): boolean {
  const partition = partitionFor(ownRegion);
  if (host === GLOBAL) return partition.name === 'aws';
  const [service = '', region = '', ...rest] = host.split('.');
  const known = partition.regions.test(region) || (region === ownRegion && REGION.test(region));
  if (!known || !(service === 'sts' || (service === 'sts-fips' && partition.fips))) return false;
  const suffix = rest.join('.');
  return suffix === partition.suffix || suffix === partition.dualStack;
}

function never(): never {
  throw new Error('no partition is known');
}
