// Stored or sent fields are also used: every field of records, of the messages between podlet and API and of observations is set
// somewhere and read somewhere.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const ROOMS = ['src', 'podlet', 'local', 'functions', 'statemachines'];
/** The types whose fields are checked; what an older release stored is read only to be left out. */
const KEPT =
  /^src\/(record\/(?!upgrade)|(protocol|sync|ports)\/)|^src\/pod\/.*observed\.ts$|^local\/agent\/task/;

const ALLOWED = new Map([['brand', 'of branded strings: a type, no value']]);

interface Uses {
  declared: Map<string, string>;
  read: Set<string>;
  set: Set<string>;
}

const nameOf = (node: ts.Node): string => node.getText().replaceAll(/['"]/g, '');

/** One node's use of a field; a name in a text counts as both, since paths and JSONata are texts. */
function note(node: ts.Node, place: string, { declared, read, set }: Uses): void {
  if (ts.isPropertySignature(node) && KEPT.test(place)) declared.set(nameOf(node.name), place);
  else if (ts.isPropertyAccessExpression(node)) {
    const { parent } = node;
    const isSet =
      ts.isBinaryExpression(parent) &&
      parent.left === node &&
      parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    (isSet ? set : read).add(node.name.text);
  } else if (ts.isBindingElement(node)) {
    // `{ field: _unused, ...rest }` only leaves it out.
    if (!node.name.getText().startsWith('_')) read.add(nameOf(node.propertyName ?? node.name));
  } else if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node))
    set.add(nameOf(node.name));
  else if (ts.isMethodDeclaration(node)) set.add(nameOf(node.name));
  else if (ts.isStringLiteral(node)) {
    read.add(node.text);
    set.add(node.text);
  }
}

/** supervise and the state machine set and read the same names. */
function noteWords(text: string, { read, set }: Uses): void {
  for (const [word] of text.matchAll(/\w+/g)) {
    read.add(word);
    set.add(word);
  }
}

function usesOf(paths: readonly string[]): Uses {
  const uses: Uses = { declared: new Map(), read: new Set(), set: new Set() };
  for (const path of paths) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    if (!path.endsWith('.ts')) {
      noteWords(text, uses);
      continue;
    }
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      note(node, path, uses);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return uses;
}

it('every field of a record, a message or a port is set and read', () => {
  const paths = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|go|yaml)$/.test(path))
      .map((path) => join(room, path)),
  );
  const { declared, read, set } = usesOf(paths);
  const idle = [...declared].filter(
    ([name]) => !ALLOWED.has(name) && !(read.has(name) && set.has(name)),
  );
  expect(declared.size).toBeGreaterThan(100);
  expect(idle).toEqual([]);
}, 60_000);
