// What the image takes from elsewhere, pinned by hash: Bun from npm, and where it is deployed the C library it needs from Debian.
// Both exist for each architecture, whichever machine builds the image.
import type { Architecture } from './build.ts';

/** Debian's multiarch name, under which its loader looks for libraries. */
const TRIPLETS = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;

export interface BunSource {
  /** npm package that holds Bun's own build as `bin/bun`. */
  package: string;
  version: string;
  /** npm's integrity of the package. */
  integrity: string;
}

const BUN_VERSION = '1.4.5';

/** amd64: the build for every processor, also those without AVX2. */
export const BUN: Record<Architecture, BunSource> = {
  amd64: {
    package: '@oven/bun-linux-x64-baseline',
    version: BUN_VERSION,
    integrity:
      'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
  },
  arm64: {
    package: '@oven/bun-linux-aarch64',
    version: BUN_VERSION,
    integrity:
      'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  },
};

export interface LibrarySource {
  /** Path of the package below a Debian mirror's root. */
  path: string;
  sha256: string;
  /** Files to take from it: path in the image → path in the package. */
  files: Record<string, string>;
}

/** Debian 12: glibc 2.36; Bun asks for 2.17 at least. */
const LIBC = {
  path: 'pool/main/g/glibc/libc6_2.36-9+deb12u14',
  amd64: 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf',
  arm64: '01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4',
} as const;

/** The program's loader: the path that is written into every binary of the architecture. */
const LOADERS = {
  amd64: { path: 'lib64/ld-linux-x86-64.so.2', file: 'ld-linux-x86-64.so.2' },
  arm64: { path: 'lib/ld-linux-aarch64.so.1', file: 'ld-linux-aarch64.so.1' },
} as const;

/** The packages whose libraries Bun needs, with what is taken from each. */
export function librariesOf(architecture: Architecture): LibrarySource[] {
  const lib = `lib/${TRIPLETS[architecture]}`;
  const loader = LOADERS[architecture];
  // Since glibc 2.34 names are looked up by libc itself: no libnss beside it.
  const names = ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0'];
  return [
    {
      path: `${LIBC.path}_${architecture}.deb`,
      sha256: LIBC[architecture],
      files: {
        [loader.path]: `${lib}/${loader.file}`,
        ...Object.fromEntries(names.map((name) => [`${lib}/${name}`, `${lib}/${name}`])),
      },
    },
  ];
}
