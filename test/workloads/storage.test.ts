// Rules of claims, volumes and storage classes.
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../src/errors.ts';
import {
  defaultClaimSpec,
  validateClaim,
  validateClaimUpdate,
} from '../../src/workloads/storage/claim.ts';
import type { ClaimSpec } from '../../src/pod/validation/volumes/claim-spec.ts';
import type { Claim } from '../../src/workloads/storage/claim.ts';
import {
  defaultClass,
  defaultStorageClass,
  validateStorageClass,
  validateStorageClassUpdate,
} from '../../src/workloads/storage/storage-class.ts';
import {
  defaultVolume,
  validateVolume,
  validateVolumeUpdate,
} from '../../src/workloads/storage/volume.ts';
import type { VolumeSpec } from '../../src/workloads/storage/volume.ts';

const metadata = { name: 'x', namespace: 'ns', resourceVersion: '1' };
const lines = (errors: FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

describe('claims', () => {
  const spec: ClaimSpec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  };
  const claim = (more: ClaimSpec, status: Claim['status'] = {}): Claim => ({
    metadata,
    spec: defaultClaimSpec({ ...spec, ...more }),
    status,
  });

  it.each<[ClaimSpec, string[]]>([
    [{}, []],
    [
      { accessModes: [], resources: {} },
      [
        'spec.accessModes: Required value: at least 1 access mode is required',
        'spec.resources[storage]: Required value',
      ],
    ],
    [
      { accessModes: ['ReadWriteOncePod', 'ReadWriteMany'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      { resources: { requests: { storage: '0' } } },
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      { volumeMode: 'Tape' },
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
  ])('%j', (more, expected) => expect(lines(validateClaim(claim(more)))).toEqual(expected));

  const larger: ClaimSpec = { resources: { requests: { storage: '2Gi' } } };
  const immutable =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  it.each<[string, ClaimSpec, Claim['status'], string[]]>([
    ['a volume is named once', { volumeName: 'v' }, { phase: 'Pending' }, []],
    ['a bound claim grows', larger, { phase: 'Bound', capacity: { storage: '1Gi' } }, []],
    ['an unbound one does not', larger, { phase: 'Pending' }, [immutable]],
    ['modes stay', { accessModes: ['ReadWriteMany'] }, { phase: 'Bound' }, [immutable]],
    [
      'a bound claim does not shrink',
      { resources: { requests: { storage: '1Mi' } } },
      { phase: 'Bound', capacity: { storage: '1Gi' } },
      ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
    ],
  ])('%s', (_rule, more, status, expected) =>
    expect(lines(validateClaimUpdate(claim(more, status), claim({}, status)))).toEqual(expected),
  );
});

describe('volumes', () => {
  const volume = (more: VolumeSpec) =>
    defaultVolume({
      metadata: { name: 'x', resourceVersion: '1' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        hostPath: { path: '/d' },
        ...more,
      },
    });

  it.each<[VolumeSpec, string[]]>([
    [{}, []],
    [{ accessModes: [] }, ['spec.accessModes: Required value']],
    [
      { nfs: { server: 's', path: '/' } },
      ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      { capacity: {} },
      [
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: {}: supported values: "storage"',
      ],
    ],
    [
      { persistentVolumeReclaimPolicy: 'Burn' },
      [
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
  ])('%j', (more, expected) => expect(lines(validateVolume(volume(more)))).toEqual(expected));

  it('are kept when their claim goes, unless they say otherwise', () =>
    expect(volume({}).spec).toMatchObject({
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      hostPath: { type: '' },
    }));

  it('stay where they are', () =>
    expect(lines(validateVolumeUpdate(volume({ hostPath: { path: '/e' } }), volume({})))).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]));
});

describe('storage classes', () => {
  const named = (name: string, more: object = {}) =>
    defaultStorageClass({
      metadata: { name, resourceVersion: '1' },
      provisioner: 'x.io/y',
      ...more,
    });
  const marked = (name: string, creationTimestamp: string) => ({
    metadata: {
      name,
      creationTimestamp,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'x',
  });

  it('the newest default counts', () => {
    expect(defaultClass([named('a')])).toBeUndefined();
    expect(
      defaultClass([marked('old', '2026-01-01T00:00:00Z'), marked('new', '2026-01-02T00:00:00Z')])
        ?.metadata?.name,
    ).toBe('new');
  });

  it('have a provisioner and a known policy, and keep both', () => {
    expect(lines(validateStorageClass(named('a', { provisioner: '' })))).toEqual([
      'provisioner: Required value',
    ]);
    expect(
      lines(
        validateStorageClassUpdate(
          named('a', { provisioner: 'z', reclaimPolicy: 'Retain' }),
          named('a'),
        ),
      ),
    ).toEqual([
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    ]);
  });
});
