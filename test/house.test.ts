// Keeps the structure by checking import lists and links: arrows between rooms, no cycles, no hidden time or randomness.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MACHINE_ERRORS } from '../src/errors.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['src', 'functions', 'podlet', 'local', 'cdk', 'test'];

function files(directory: string, wanted: RegExp): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : files(path, wanted);
    return wanted.test(entry.name) ? [path] : [];
  });
}

interface Source {
  path: string;
  text: string;
  /** Repository paths of what it imports. */
  own: { path: string; typeOnly: boolean }[];
  packages: string[];
}

function read(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const own: Source['own'] = [];
  const packages: string[] = [];
  for (const [, typeOnly, from] of text.matchAll(
    /^(?:import|export)( type)?[^'";]*?from '([^']+)'/gms,
  )) {
    if (from === undefined) continue;
    if (from.startsWith('.'))
      own.push({
        path: relative(ROOT, resolve(dirname(path), from)),
        typeOnly: typeOnly !== undefined,
      });
    else packages.push(from);
  }
  for (const [, from] of text.matchAll(/import\('([^']+)'\)/g))
    if (from?.startsWith('.'))
      own.push({ path: relative(ROOT, resolve(dirname(path), from)), typeOnly: false });
  return { path: relative(ROOT, path), text, own, packages };
}

const sources = ROOMS.flatMap((room) => files(join(ROOT, room), /\.ts$/)).map(read);
const product = sources.filter(({ path }) => !path.startsWith('test/'));

/** Files of `from` (a path prefix) that import a path matching `banned`. */
function offenders(from: RegExp, banned: RegExp, but: RegExp = /^$/): string[] {
  return product
    .filter(({ path }) => from.test(path) && !but.test(path))
    .flatMap(({ path, own }) =>
      own.filter((target) => banned.test(target.path)).map((target) => `${path} -> ${target.path}`),
    );
}

describe('arrows between rooms', () => {
  it.each([
    [
      'src knows no other room (put what both need into src)',
      /^src\//,
      /^(functions|podlet|local|cdk|test)\//,
      undefined,
    ],
    [
      'what podlet and API say to one another knows no other room',
      /^src\/protocol\//,
      /^src\/(?!protocol\/|kinds\/|errors\.ts|own\.ts|present\.ts)/,
      undefined,
    ],
    [
      'src/validation knows no pod (rules of pods live in src/pod/validation)',
      /^src\/validation\//,
      /^src\/(?!validation\/|kinds\/|errors\.ts|own\.ts|present\.ts|repeats\.ts)/,
      undefined,
    ],
    [
      'src/pod knows neither Fargate nor records, nor whoever calls it (take a value instead)',
      /^src\/pod\//,
      /^src\/(?!pod\/|protocol\/|validation\/|kinds\/|errors\.ts|own\.ts|present\.ts|repeats\.ts|remembered\.ts|ports\/settings\.ts)/,
      undefined,
    ],
    [
      'src/fargate is a pure translation: it knows pods, not what happens to them next',
      /^src\/fargate\//,
      /^src\/(?!fargate\/|pod\/|validation\/|kinds\/|errors\.ts|own\.ts|present\.ts|repeats\.ts|ports\/)/,
      undefined,
    ],
    [
      'src/refusals stands above fargate and placement, and nothing else',
      /^src\/refusals\//,
      /^src\/(?!refusals\/|fargate\/|pod\/|validation\/|kinds\/|errors\.ts|own\.ts|present\.ts|repeats\.ts|ports\/settings\.ts)/,
      undefined,
    ],
    [
      'src/record and src/sync are pure (their steps are in src/steps)',
      /^src\/(record|sync)\//,
      /^src\/(api|store|auth|aws|steps|events|images|logs|refusals)\//,
      undefined,
    ],
    ['src/record knows no report', /^src\/record\//, /^src\/sync\//, undefined],
    [
      'src/custom is pure: what a custom kind is, and what its objects may be',
      /^src\/custom\//,
      /^src\/(?!custom\/|pod\/model\/quantity\.ts|validation\/|kinds\/|errors\.ts|own\.ts|present\.ts|repeats\.ts|ports\/json\.ts)/,
      undefined,
    ],
    [
      'src/workloads is pure: the rules of the kinds around pods',
      /^src\/workloads\//,
      /^src\/(?!workloads\/|pod\/|fargate\/|refusals\/|validation\/|kinds\/|errors\.ts|own\.ts|by-key\.ts|present\.ts|repeats\.ts|ports\/settings\.ts)/,
      undefined,
    ],
    [
      'src/controllers is pure: it says what to write (src/steps/reconcile writes)',
      /^src\/controllers\//,
      /^src\/(?!controllers\/|workloads\/|pod\/|validation\/|kinds\/|errors\.ts|own\.ts|by-key\.ts|present\.ts|repeats\.ts|later\.ts)/,
      undefined,
    ],
    [
      'steps know neither HTTP nor AWS nor DynamoDB (use ports)',
      /^src\/steps\//,
      /^src\/(api|aws|store)\//,
      undefined,
    ],
    [
      'src/api knows neither DynamoDB nor AWS (use ports)',
      /^src\/api\//,
      /^src\/(aws|store)\//,
      undefined,
    ],
    ['functions do not import one another', /^functions\//, /^functions\//, undefined],
    [
      'local stays a general AWS-on-Docker engine (hand it in from local/compose); it knows the types of ports and sessions',
      /^local\//,
      /^(src\/(?!(own|glob|present|repeats)\.ts$|ports\/|protocol\/)|functions\/)/,
      /^local\/(main\.ts$|compose\/)/,
    ],
    [
      'the podlet knows of src only the messages, types and the clock',
      /^podlet\//,
      /^src\/(?!(own|present)\.ts$|protocol\/|kinds|ports\/clock\.ts$|system-clock\.ts$)/,
      undefined,
    ],
    [
      'real time comes in where ports are composed (use ports.clock)',
      /^/,
      /^src\/system-clock\.ts$/,
      /^(src\/aws\/|podlet\/main\.ts$|local\/(main\.ts$|compose\/))/,
    ],
    [
      'the podlet knows neither functions nor local',
      /^podlet\//,
      /^(functions|local|cdk)\//,
      undefined,
    ],
    [
      'only cdk knows cdk; it knows only configuration names',
      /^cdk\//,
      /^(functions|podlet|local)\/|^src\/(?!aws\/config|present\.ts)/,
      /^cdk\/constructs\/podlet-image\.ts$/,
    ],
    ['nobody imports cdk', /^(src|functions|podlet|local)\//, /^cdk\//, undefined],
  ] as const)('%s', (_rule, from, banned, but) => expect(offenders(from, banned, but)).toEqual([]));
});

describe('imports', () => {
  it('local knows ports and messages as types alone', () => {
    expect(
      product
        .filter(({ path }) => /^local\/(?!main\.ts$|compose\/)/.test(path))
        .flatMap(({ path, own }) =>
          own
            .filter((target) => !target.typeOnly && /^src\/(ports|protocol)\//.test(target.path))
            .map((target) => `${path} -> ${target.path}`),
        ),
    ).toEqual([]);
  });

  // Signatures are checked with the SDK's own signer, in one file.
  it('only src/aws imports the AWS SDK (use a port)', () => {
    expect(
      product
        .filter(
          ({ path, packages }) =>
            !/^(src\/aws\/|local\/aws\/signature\.ts$)/.test(path) &&
            packages.some((name) => /^@(aws-sdk|smithy)\//.test(name)),
        )
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('only cdk imports aws-cdk-lib', () => {
    expect(
      product
        .filter(
          ({ path, packages }) =>
            !path.startsWith('cdk/') &&
            packages.some((name) => /^(aws-cdk-lib|constructs|cdk-nag)/.test(name)),
        )
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('imports never turn in a circle', () => {
    const graph = new Map(
      product.map(({ path, own }) => [
        path,
        own.filter(({ typeOnly }) => !typeOnly).map((target) => target.path),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: string[]): void => {
      if (trail.includes(path))
        return void circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('doors', () => {
  it('a function is a door of at most 15 lines to a step', () => {
    const doors = product.filter(({ path }) => path.startsWith('functions/'));
    expect(doors.length).toBeGreaterThan(0);
    expect(
      doors
        .filter(
          ({ text }) =>
            text.trimEnd().split('\n').length > 15 ||
            !/^export const handler = (lambda|lambdaHttp|lambdaWoken|customResource)\(\w+\);$/m.test(
              text,
            ),
        )
        .map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('how a file is written', () => {
  it('there are no default exports (tools that demand one excepted)', () => {
    expect(
      product.filter(({ text }) => /^export default /m.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  it('a run of the tests has a directory of its own for temporary files, with every configuration', () => {
    expect(basename(tmpdir())).toMatch(/^dp-/);
    const configurations = readdirSync(ROOT).filter((name) => /^vitest\..*config\.ts$/.test(name));
    expect(
      configurations.filter((name) => {
        const text = readFileSync(join(ROOT, name), 'utf8');
        return !text.includes('test/temporary.ts') && !/from '\.\/vitest\./.test(text);
      }),
    ).toEqual([]);
  });

  it('no test replaces a module or the clock: files share both (vitest.unit.config.ts)', () => {
    const replaces =
      /\bvi\.(mock|doMock|unmock|doUnmock|hoisted|resetModules|useFakeTimers|setSystemTime|stubGlobal)\(/;
    expect(
      sources
        .filter(({ path, text }) => path.startsWith('test/') && replaces.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('no test runs an image that a fresh machine has not: none of a registry, which CI cannot reach', () => {
    const foreign = /image: ['"`]|IMAGE = ['"`]/;
    const registry = /['"`](registry\.k8s\.io|docker\.io|quay\.io|gcr\.io|ghcr\.io)\//;
    expect(
      sources
        .filter(({ path }) => /^test\/(e2e|podlet)\//.test(path))
        .flatMap(({ path, text }) =>
          text
            .split('\n')
            .filter((line) => foreign.test(line) && registry.test(line))
            .map((line) => `${path}: ${line.trim()}`),
        ),
    ).toEqual([]);
  });

  it('there is no barrel and no room for leftovers', () => {
    expect(
      product
        .map(({ path }) => path)
        .filter((path) =>
          /(^|\/)index\.ts$|\/(utils?|common|helpers?|lib|shared|types|misc)(\/|\.ts$)/.test(path),
        ),
    ).toEqual([]);
  });

  it('every file opens with what lives in it', () => {
    expect(
      product.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  // Time and randomness come in through ports, so that tests and the simulation own them.
  it.each([
    ['Date.now, new Date() (use ports.clock)', /\bDate\.now\(|new Date\(\)/],
    ['Math.random, randomUUID (use ports.ids)', /\bMath\.random\(|\brandomUUID\(/],
    ['process.env (use src/aws/config.ts)', /\bprocess\.env\b/],
    // A socket's own idle time is Node's to keep.
    ['timers (use ports.clock)', /(?<!socket\.)\b(setTimeout|setInterval)\(/],
  ])('%s stay at the edge', (_name, pattern) => {
    const edge =
      /^(src\/aws\/|src\/system-clock\.ts|podlet\/(main|image\/|node-|probes\/|sessions|transport)|local\/server\.ts|local\/(cli|compose|docker)|cdk\/|test\/)/;
    expect(
      product
        .filter(
          ({ path, text }) =>
            !edge.test(path) && pattern.test(text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '')),
        )
        .map(({ path }) => path),
    ).toEqual([]);
  });
});

/** Private idiom for which the field has words: reported, shown, due, desired, requested, heartbeat, receive. */
const PRIVATE_WORDS =
  /\b(told|tell|tells|telling|owe|owed|owes|owing|wish|wished|wishes|beat|beats|hear|heard|hears|unheard|untold)\b|\b(should be|this is|make it) so\b/gi;

describe('words', () => {
  it('names, comments, tests and pages use the words of the field (docs/glossary.md has ours)', () => {
    const written = [
      ...ROOMS.flatMap((room) => files(join(ROOT, room), /\.(ts|go|s|yaml)$/)),
      ...files(join(ROOT, 'statemachines'), /\.yaml$/),
      ...files(join(ROOT, 'docs'), /\.md$/),
      ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((page) =>
        join(ROOT, page),
      ),
    ];
    // `beat/<uid>` is the key of stored records.
    const found = written
      .filter((path) => !path.endsWith('house.test.ts'))
      .flatMap((path) =>
        readFileSync(path, 'utf8')
          .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
          .replaceAll(/_|\bbeat\//g, ' ')
          .split('\n')
          .flatMap((line, at) =>
            [...line.matchAll(PRIVATE_WORDS)].map(
              ([word]) => `${relative(ROOT, path)}:${at + 1} ${word}`,
            ),
          ),
      );
    expect(found).toEqual([]);
  });
});

describe('what runs a pod', () => {
  it('src/pod names no AWS word: sandbox, node and runtime are its words (src/fargate has the others)', () => {
    const found = sources
      .filter(({ path }) => path.startsWith('src/pod/'))
      .flatMap(({ path, text }) =>
        text
          // runc's own text, which a container's status shows, and a member of a Kubernetes type.
          .replace('failed to create containerd task: failed to create shim task', '')
          .replaceAll('awsElasticBlockStore', '')
          .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
          .split('\n')
          .flatMap((line, at) =>
            [...line.matchAll(/\b(fargate|ecs|aws|tasks?|lambda|dynamodb)\b/gi)].map(
              ([word]) => `${path}:${at + 1} ${word}`,
            ),
          ),
      );
    expect(found).toEqual([]);
  });
});

describe('the state machine', () => {
  const machine = join(ROOT, 'statemachines/pod.asl.yaml');
  const text = existsSync(machine) ? readFileSync(machine, 'utf8') : '';

  it('catches and retries only errors that droppod or AWS names', () => {
    const listed = [...text.matchAll(/ErrorEquals: \[([^\]]*)\]/g)].flatMap(([, names]) =>
      (names ?? '').split(',').map((name) => name.trim().replaceAll(/['"]/g, '')),
    );
    const known = new Set<string>([...MACHINE_ERRORS]);
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.filter((name) => !known.has(name) && !/^(Lambda|Sandbox)\./.test(name))).toEqual(
      [],
    );
  });

  it('names only functions that exist', () => {
    const named = [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? ''))];
    const kebab = (name: string): string => name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();
    expect(named.length).toBeGreaterThan(0);
    expect(
      named.filter(
        (name) => name !== 'Revision' && !existsSync(join(ROOT, 'functions', `${kebab(name)}.ts`)),
      ),
    ).toEqual([]);
  });
});

describe('documents', () => {
  const pages = [
    ...files(join(ROOT, 'docs'), /\.md$/),
    ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((page) =>
      join(ROOT, page),
    ),
  ];

  it('every relative link leads to a file', () => {
    const dead = pages.flatMap((page) =>
      [
        ...readFileSync(page, 'utf8').matchAll(
          /\]\((?!https?:|#)([^)#\s]+)[^)]*\)|click \w+ "(?!https?:)([^"#]+)/g,
        ),
      ]
        .map(([, link, click]) => link ?? click ?? '')
        .filter((link) => !existsSync(resolve(dirname(page), link)))
        .map((link) => `${relative(ROOT, page)}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  const designs = files(join(ROOT, 'docs/design'), /\.md$/)
    .map((page) => relative(ROOT, page))
    .filter((page) => page !== 'docs/design/README.md');
  const code = [
    ...ROOMS.flatMap((room) => files(join(ROOT, room), /\.(ts|go|s|yaml)$/)),
    ...files(join(ROOT, 'statemachines'), /\.yaml$/),
  ]
    .filter((path) => !path.endsWith('house.test.ts'))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));

  it('a comment that cites the design names a page that is there', () => {
    expect(
      code.flatMap(({ path, text }) =>
        [...text.matchAll(/docs\/[\w/-]+\.md/g)]
          .filter(([page]) => !existsSync(join(ROOT, page)))
          .map(([page]) => `${path}: ${page}`),
      ),
    ).toEqual([]);
  });

  it('no comment cites a chapter of a document outside of the repository', () => {
    const outside =
      /\b(design( decisions?)?|pod-lifecycle|kubernetes-api|facts\/\w+)\.?(md)? \d+(\.\d+)*\b/gi;
    expect(
      code.flatMap(({ path, text }) =>
        [...text.matchAll(outside)].map(([cited]) => `${path}: ${cited}`),
      ),
    ).toEqual([]);
  });

  it('every page of the design is named by code that it explains, and links to code', () => {
    expect(designs.length).toBeGreaterThan(0);
    expect(
      designs.filter(
        (page) =>
          !code.some(({ path, text }) => !path.startsWith('test/') && text.includes(page)) ||
          !/\]\(\.\.\/\.\.\/\w/.test(readFileSync(join(ROOT, page), 'utf8')),
      ),
    ).toEqual([]);
  });

  it('the lock file names no registry', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });
});
