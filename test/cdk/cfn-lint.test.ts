// Checks the template against CloudFormation's schemas with AWS's linter (PyPI cfn-lint), where it is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { testStack } from './stack.ts';

/** The user's own command, by environment variable, or the one on the PATH. */
const LINTER = process.env['DROPPOD_CFN_LINT'] ?? 'cfn-lint';

const isThere = spawnSync(LINTER, ['--version']).status === 0;
if (!isThere)
  console.log(
    'cfn-lint is not installed (pip install cfn-lint): the template was not held against it',
  );

it.runIf(isThere)(
  'cfn-lint finds nothing in the template',
  () => {
    const stack = testStack({ context: { 'aws:cdk:bundling-stacks': [] } });
    const directory = mkdtempSync(join(tmpdir(), 'droppod-template-'));
    const path = join(directory, 'template.json');
    try {
      writeFileSync(path, JSON.stringify(Template.fromStack(stack).toJSON()));
      const found = lint(path);
      expect(found).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  300_000,
);

interface Finding {
  Rule: { Id: string };
  Level: string;
  Message: string;
  Location: { Path: (string | number)[] };
}

/** CDK declares a dependency on each role that the reference to its ARN implies anyway. */
const OF_CDK = 'W3005';

/** The linter's exit code differs when it finds something. */
function lint(path: string): string[] {
  const words = [
    '--format',
    'json',
    '--regions',
    'us-east-1',
    '--ignore-checks',
    OF_CDK,
    '--',
    path,
  ];
  const run = spawnSync(LINTER, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.error) throw run.error;
  const findings = JSON.parse(run.stdout) as Finding[];
  return findings.map(
    ({ Rule, Level, Message, Location }) =>
      `${Level} ${Rule.Id} ${Location.Path.join('.')}: ${Message}`,
  );
}
