// Kubernetes' own specs as counts and listed misses: builds docs/conformance.md from the runner's reports.
import { readFileSync } from 'node:fs';

/** A spec of the list: in scope for droppod, or only for its local mode. */
export interface Spec {
  name: string;
  group: string;
  conformance: boolean;
}

/** How a spec ended; the first line of the failure's message. */
export interface Outcome {
  passed: boolean;
  message: string;
}

interface SpecReport {
  LeafNodeType: string;
  LeafNodeText: string;
  ContainerHierarchyTexts?: string[] | null;
  State: string;
  Failure?: { Message?: string };
}

/** The specs in scope: Conformance ones that Fargate or Docker can run, those of other kinds (`next`), and others that Fargate can run. */
export function specsInScope(list: string): Spec[] {
  return list.split('\n').flatMap((line): Spec[] => {
    const [scope = '', kind = '', , name = ''] = line.split('\t');
    const conformance = kind === 'Conformance';
    const inScope =
      !line.startsWith('#') &&
      (scope === 'yes' || (conformance && (scope === 'local' || scope === 'next')));
    return inScope
      ? [{ name, conformance, group: /^\[([\w-]+)\]/.exec(name)?.[1] ?? 'other' }]
      : [];
  });
}

/** Outcomes by name; a later report wins. */
export function outcomesOf(files: readonly string[]): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const file of files) {
    const suites: { SpecReports?: SpecReport[] }[] = JSON.parse(readFileSync(file, 'utf8'));
    for (const report of suites.flatMap(({ SpecReports = [] }) => SpecReports)) {
      if (
        report.LeafNodeType !== 'It' ||
        !['passed', 'failed', 'timedout', 'panicked'].includes(report.State)
      )
        continue;
      const name = [...(report.ContainerHierarchyTexts ?? []), report.LeafNodeText].join(' ');
      outcomes.set(name, {
        passed: report.State === 'passed',
        message:
          report.Failure?.Message?.split('\n')
            .find((line) => line.trim() !== '')
            ?.trim() ?? '',
      });
    }
  }
  return outcomes;
}

/** Part of a spec's name, and why droppod does not pass it. */
export type Reasons = Readonly<Record<string, string>>;

const share = (specs: Spec[], outcomes: Map<string, Outcome>): string =>
  specs.length === 0
    ? ''
    : `${specs.filter(({ name }) => outcomes.get(name)?.passed).length} of ${specs.length}`;

export interface PageFacts {
  at: string;
  /** Number of reports given on the command line, 0 for a run of its own. */
  merged: number;
  /** Specs that passed only in a second run. */
  again?: number;
}

/** The whole page. A miss without a reason shows its message. */
export function conformancePage(
  specs: Spec[],
  outcomes: Map<string, Outcome>,
  reasons: Reasons,
  { at, merged, again = 0 }: PageFacts,
): string {
  const row = (title: string, of: Spec[]): string =>
    `| ${title} | ${share(
      of.filter(({ conformance }) => conformance),
      outcomes,
    )} | ${share(
      of.filter(({ conformance }) => !conformance),
      outcomes,
    )} |`;
  const groups = [...new Set(specs.map(({ group }) => group))].sort();
  const misses = specs
    .filter(({ name }) => !outcomes.get(name)?.passed)
    .map(
      ({ name }) =>
        `| ${name.replaceAll('|', '\\|')} | ${reasonOf(name, outcomes.get(name), reasons)} |`,
    );
  return [
    '# Conformance',
    '',
    `Kubernetes 1.35.4's own end-to-end specs against local mode, ${at} (\`npm run conformance\`).`,
    ...(merged > 1
      ? [
          `Put together from ${merged} runs on successive states of the code: the last outcome of each spec counts.`,
        ]
      : []),
    ...(again > 0
      ? [
          `${again} of them passed only in a second run: specs that fail without a known reason are run once more.`,
        ]
      : []),
    'In scope are the specs of what droppod serves: pods, the kinds around them and custom kinds. Specs of webhooks, cluster DNS, several nodes and their hosts are not counted.',
    '',
    '| group | Conformance | other pod specs |',
    '|---|---|---|',
    ...groups.map((group) =>
      row(
        group,
        specs.filter((spec) => spec.group === group),
      ),
    ),
    row('**all**', specs),
    '',
    '## Misses',
    '',
    '| spec | why |',
    '|---|---|',
    ...misses,
    '',
  ].join('\n');
}

function reasonOf(name: string, outcome: Outcome | undefined, reasons: Reasons): string {
  const known = Object.entries(reasons).find(([part]) => name.includes(part))?.[1];
  const text =
    known ??
    (outcome === undefined ? 'did not run' : `unexplained: ${outcome.message.slice(0, 200)}`);
  return text.replaceAll('|', '\\|');
}
