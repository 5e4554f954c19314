// The commands of README.md and docs/, as a reader types them: each exists and knows the options that it is written with. None is carried
// out: kubectl and droppod are asked for their help, and the AWS CLI for an endpoint where nobody listens.
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** Words as a shell makes them, as far as the pages need: quotes, no expansions. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );

/** Whole command lines of the shell blocks, and what stands between backquotes. */
function commandsIn(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/ && |; | \| /)),
  );
  const inline = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...blocks, ...inline].map((command) => command.trim());
}

/** The commands of one program, by their words, with the page that has them. */
const written = (...program: string[]): [words: string[], page: string][] => {
  const found = new Map<string, [string[], string]>();
  for (const page of PAGES)
    for (const command of commandsIn(page)) {
      const words = wordsOf(command);
      if (program.every((word, at) => words[at] === word) && words.length > program.length)
        found.set(command, [words.slice(program.length), page]);
    }
  return [...found.values()];
};

interface Outcome {
  text: string;
  code: number;
}

const run = (program: string, words: string[], environment: object = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = execFile(
      program,
      words,
      { cwd: ROOT, env: { ...process.env, ...environment } },
      (error, stdout, stderr) =>
        resolve({
          text: `${stdout}${stderr}`,
          code: typeof error?.code === 'number' ? error.code : 0,
        }),
    );
    child.stdin?.end();
  });

function isThere(program: string, ...words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' });
    return true;
  } catch {
    console.log(`skipped: ${program} is not on the PATH`);
    return false;
  }
}

/** Each command with what is wrong with it. */
async function problems(
  commands: [string[], string][],
  problemOf: (words: string[]) => Promise<string | undefined>,
): Promise<string[]> {
  const found = await Promise.all(
    commands.map(async ([words, page]) => {
      const problem = await problemOf(words);
      return problem === undefined ? [] : [`${page}: ${words.join(' ')}: ${problem}`];
    }),
  );
  return found.flat();
}

const flagsOf = (words: string[]): string[] =>
  words.flatMap((word) => (word.startsWith('--') ? [word.replace(/=.*/, '')] : []));

it('./droppod has the options that are written', async () => {
  const helps = new Map<string, Promise<Outcome>>();
  const help = (name: string): Promise<Outcome> => {
    const main = ['local/cli/start.mjs', name, '--help'];
    const known = helps.get(name) ?? run(process.execPath, main);
    helps.set(name, known);
    return known;
  };
  const commands = written('./droppod');
  expect(commands.length).toBeGreaterThan(10);
  const bad = await problems(commands, async ([name = '', ...rest]) => {
    const { text } = await help(name);
    if (!text.includes(`droppod ${name}`)) return 'no such command';
    return flagsOf(rest).find((flag) => !text.includes(flag));
  });
  expect(bad).toEqual([]);
});

it('npm has the scripts that are written', async () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const bad = await problems(written('npm', 'run'), ([name = '']) =>
    Promise.resolve(Object.hasOwn(scripts, name) ? undefined : 'no such script'),
  );
  expect(bad).toEqual([]);
});

it.skipIf(!isThere('kubectl', 'version', '--client'))(
  'kubectl has the options that are written',
  async () => {
    const commands = written('kubectl');
    expect(commands.length).toBeGreaterThan(10);
    const bad = await problems(commands, async (words) => {
      // What stands in a sentence may end with an option that lacks its value.
      const open = words.at(-1)?.startsWith('-') ? words.at(-1) : undefined;
      const { text } = await run('kubectl', [...words.slice(0, open ? -1 : undefined), '--help']);
      const wrong = /unknown (?:command|flag|shorthand flag)[^\n]*/.exec(text)?.[0];
      if (wrong !== undefined) return wrong;
      if (!text.includes(`kubectl ${words[0]}`)) return 'no such command';
      return open === undefined || text.includes(open) ? undefined : `unknown flag: ${open}`;
    });
    expect(bad).toEqual([]);
  },
);

/** Neither an account nor a server: what is asked goes nowhere. */
const NOWHERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
};

it.skipIf(!isThere('aws', '--version'))(
  'the AWS CLI has the options that are written',
  async () => {
    // Version 1 has it not, and needs it for nothing here.
    const commands = written('aws').filter(([[service]]) => service !== 'sso');
    expect(commands.length).toBeGreaterThan(10);
    const bad = await problems(commands, async (words) => {
      const { text } = await run('aws', words, NOWHERE);
      return /(?:invalid choice|unknown options|error parsing parameter|bad value)[^\n]*/i.exec(
        text,
      )?.[0];
    });
    expect(bad).toEqual([]);
  },
);
