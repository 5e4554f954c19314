// Variables from files of volumes (fileKeyRef): the file's format, and the completed start order.
import { describe, expect, it } from 'vitest';
import { readEnvFile } from '../../podlet/env-file.ts';
import { withFileVariables } from '../../podlet/file-variables.ts';
import { order } from './lab.ts';

describe('a file of variables', () => {
  it.each<[string, string, string | undefined]>([
    ['a quoted value', "A='1'\n", '1'],
    ['no newline at the end', "A='1'", '1'],
    ['blank lines and comments', "\n  \n# A='0'\nA='1'\n", '1'],
    ['a comment behind the value', "A='1' # one\n", '1'],
    ['a blank before the name', "  A='1'\n", '1'],
    ['a value of several lines', "B='x\ny=z'\nA='1\n\n2'\n", '1\n\n2'],
    ['nothing is expanded', "A='$B \\n \"'\n", '$B \\n "'],
    ['a blank behind the sign: empty', "A= '1'\n", ''],
    ['another blank assignment is passed over', "B= '1'\nA='2'\n", '2'],
    ['an absent key', "B='1'\n", ''],
    ['an empty file', '', ''],
    ['no quotes', 'A=1\n', undefined],
    ['no sign', 'A\n', undefined],
    ['a blank before the sign', "A ='1'\n", undefined],
    ['no name', "='1'\n", undefined],
    ['a quote that is not closed', "A='1\n", undefined],
    ['text behind the quote', "A='1'2\n", undefined],
    ['what comes after the key does not matter', "A='1'\nB\n", '1'],
  ])('%s', (_rule, text, value) => expect(readEnvFile(text, 'A')).toBe(value));
});

describe('variables from files', () => {
  const from = (optional: boolean, key = 'A') => ({
    placeholder: '\u00000\u0000',
    name: 'X',
    volume: 'v',
    path: 'conf/env',
    key,
    optional,
  });
  const basis = {
    user: order(1, []).user,
    cwd: '/',
    stop: { signal: 'SIGTERM', graceSeconds: 30 },
    terminationMessagePath: '',
    terminationMessagePolicy: 'File' as const,
    terminationMessageBytes: 0,
    logNonce: '',
  };
  const started = (variable: ReturnType<typeof from>, file: string | undefined) =>
    withFileVariables(
      {
        ...basis,
        argv: ['echo', 'got \u00000\u0000'],
        env: [
          ['P', '/bin'],
          ['X', '\u00000\u0000'],
          ['Y', 'x=\u00000\u0000'],
        ],
        fileVariables: [variable],
      },
      {
        read: (volume, path) =>
          Promise.resolve(
            volume === 'v' && path === 'conf/env' && file !== undefined
              ? { text: file, whole: true }
              : undefined,
          ),
      },
    );

  it('stand in the environment, in later variables and in the command', async () => {
    expect(await started(from(false), "A='1 2'\n")).toMatchObject({
      order: {
        argv: ['echo', 'got 1 2'],
        env: [
          ['P', '/bin'],
          ['X', '1 2'],
          ['Y', 'x=1 2'],
        ],
      },
    });
  });
  it('are left out where they are optional and not set; references to them stay as written', async () => {
    expect(await started(from(true, 'B'), "A='1'\n")).toMatchObject({
      order: {
        argv: ['echo', 'got $(X)'],
        env: [
          ['P', '/bin'],
          ['Y', 'x=$(X)'],
        ],
      },
    });
  });
  it.each<[string, string, string | undefined, string]>([
    [
      'a key that is not set',
      'B',
      "A='1'\n",
      'environment variable key "B" not found in file "conf/env"',
    ],
    ['a file that is not there', 'A', undefined, "couldn't parse env file"],
    ['a file of another form', 'A', 'A=1\n', "couldn't parse env file"],
  ])('hold the start back: %s', async (_rule, key, file, error) =>
    expect(await started(from(false, key), file)).toEqual({ error }),
  );
});
