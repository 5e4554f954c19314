// `-c staticPods=DIR`: the manifests ship with the function that keeps their pods, and one that could not run ends the deployment.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { staticPodFiles, withStaticPods } from '../../cdk/constructs/static-pods.ts';
import { contextArguments } from '../../local/cli/deploy/choices.ts';
import { OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { testStack } from './stack.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const scratch = (): string => mkdtempSync(join(tmpdir(), 'droppod-static-'));

const manifest = (fields = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n${fields}  containers:\n  - name: c\n    image: busybox:1\n`;

function directory(files: Record<string, string>): string {
  const made = scratch();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

/** Runs the bundling; returns what it wrote, or its complaint. */
async function bundled(files: Record<string, string>): Promise<string> {
  const output = scratch();
  const [command = ''] = withStaticPods(staticPodFiles(directory(files)))(ROOT, output);
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], (error, _stdout, stderr) =>
      resolve(error ? stderr : readFileSync(join(output, 'static-pods.json'), 'utf8')),
    );
  });
}

it('P2: what ships is the pods of the files, read as a kubelet reads them', async () => {
  const text = await bundled({ 'web.yaml': manifest(), '.swp': 'x' });
  expect(JSON.parse(text)).toMatchObject({
    manifests: [{ metadata: { name: 'web' }, spec: { containers: [{ image: 'busybox:1' }] } }],
  });
}, 60_000);

it('all that could not run is named at once', async () => {
  const text = await bundled({
    'a.yaml': manifest('  hostNetwork: true\n'),
    'b.yaml': 'kind: ConfigMap',
    'c.yaml': manifest('  restartPolicy: Sometimes\n'),
  });
  expect(text).toContain('static pod web: spec.hostNetwork');
  expect(text).toContain('kind is ConfigMap, not Pod');
  expect(text).toContain('static pod web: spec.restartPolicy');
}, 60_000);

it('another file is another digest, which every function knows and which switches the sweep on', () => {
  const one = staticPodFiles(directory({ 'web.yaml': manifest() }));
  const other = staticPodFiles(directory({ 'web.yaml': manifest('  hostname: h\n') }));
  expect(other.digest).not.toBe(one.digest);
  const template = Template.fromStack(
    testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, { staticPods: one }),
  );
  template.hasResourceProperties('AWS::Events::Rule', {
    State: 'ENABLED',
    Description: `looks after pods; static pods: ${one.digest}`,
  });
  template.resourcePropertiesCountIs(
    'AWS::Lambda::Function',
    { Environment: { Variables: { [OPTIONAL_NAMES.staticPods]: one.digest } } },
    10,
  );
}, 60_000);

it('static pods give no function another right', () => {
  const withoutBundling = { context: { 'aws:cdk:bundling-stacks': [] } };
  const files = staticPodFiles(directory({ 'web.yaml': manifest() }));
  const [bare, having] = [
    testStack(withoutBundling),
    testStack(withoutBundling, { staticPods: files }),
  ].map((stack) =>
    ['AWS::IAM::Role', 'AWS::IAM::Policy'].map((type) =>
      Template.fromStack(stack).findResources(type),
    ),
  );
  expect(having).toEqual(bare);
}, 60_000);

it('`droppod deploy --static-pods` names the directory by its whole path', () => {
  const path = scratch();
  expect(contextArguments({ staticPods: path })).toEqual(['--context', `staticPods=${path}`]);
});
