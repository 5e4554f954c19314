// ESLint rule: nothing that grows is copied for each of its entries. `x = [...x, y]` in a loop, or a spread of what a reduce
// gathers, takes the square of the entries' number: push, flatMap or a Map instead.
const LOOPS = new Set([
  'ForStatement',
  'ForOfStatement',
  'ForInStatement',
  'WhileStatement',
  'DoWhileStatement',
]);
const REPEATED = new Set(['forEach', 'map', 'flatMap', 'filter', 'some', 'every']);
const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']);

const isCallback = (node, names) =>
  FUNCTIONS.has(node.type) &&
  node.parent?.type === 'CallExpression' &&
  node.parent.arguments[0] === node &&
  node.parent.callee.type === 'MemberExpression' &&
  names.has(node.parent.callee.property.name);

/** Loops around `node`, the innermost first; a function that no list calls ends them. */
function* loopsAround(node) {
  for (let at = node.parent; at; at = at.parent) {
    if (LOOPS.has(at.type) || isCallback(at, REPEATED)) yield at;
    else if (FUNCTIONS.has(at.type)) return;
  }
}

const within = (inner, outer) =>
  inner.range[0] >= outer.range[0] && inner.range[1] <= outer.range[1];

const REDUCE = new Set(['reduce', 'reduceRight']);

/** The names that a value holds whole: its spreads and what `concat` is called on. */
function copiedNames(value) {
  if (value.type === 'ArrayExpression' || value.type === 'ObjectExpression') {
    const members = value.type === 'ArrayExpression' ? value.elements : value.properties;
    return members
      .filter((member) => member?.type === 'SpreadElement')
      .map(({ argument }) => argument)
      .filter(({ type }) => type === 'Identifier');
  }
  const { callee } = value;
  const concat =
    value.type === 'CallExpression' &&
    callee.type === 'MemberExpression' &&
    callee.property.name === 'concat' &&
    callee.object.type === 'Identifier';
  return concat ? [callee.object] : [];
}

export const growingCopies = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      copy: 'A copy of what grows, for each entry: the work is the square of their number. Push, or use flatMap or a Map.',
    },
  },
  create(context) {
    const variableOf = (identifier) => {
      for (let scope = context.sourceCode.getScope(identifier); scope; scope = scope.upper) {
        const variable = scope.set.get(identifier.name);
        if (variable) return variable;
      }
      return undefined;
    };
    const isOutside = (identifier, loop) =>
      (variableOf(identifier)?.defs ?? []).every(({ node }) => !within(node, loop));
    return {
      AssignmentExpression(node) {
        if (node.left.type !== 'Identifier') return;
        const grows = copiedNames(node.right).some(({ name }) => name === node.left.name);
        if (!grows || (node.right.type === 'ObjectExpression' && isBounded(node.right))) return;
        for (const loop of loopsAround(node))
          if (isOutside(node.left, loop)) return context.report({ node, messageId: 'copy' });
      },
      ':function'(node) {
        const [gathered] = node.params;
        if (!isCallback(node, REDUCE) || gathered?.type !== 'Identifier') return;
        if (node.body.type === 'BlockStatement') return;
        const copies = copiedNames(node.body).some(({ name }) => name === gathered.name);
        if (copies) context.report({ node, messageId: 'copy' });
      },
    };
  },
};

/** An object that only gets members of fixed names does not grow. */
function isBounded({ properties }) {
  const spreads = properties.filter(({ type }) => type === 'SpreadElement');
  return spreads.length === 1 && properties.every(({ computed }) => !computed);
}
