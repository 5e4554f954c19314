// ESLint rule: an error that nobody looks at says why, in its handler or above the statement that it stands in. What may be silent:
// a text that does not parse (its reader answers otherwise), and a failure that closes what it happened on (the peer sees it).

const MESSAGE =
  'an error is thrown away here: use it, let only the one that is meant pass, or say in a comment why nobody needs it';

/** The parameter that holds the error is used somewhere in the handler. */
function uses(context, handler, parameter) {
  return context.sourceCode
    .getDeclaredVariables(handler)
    .some(({ name, references }) => name === parameter?.name && references.length > 0);
}

const isFunction = (node) =>
  node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression';

const CLOSING = new Set(['destroy', 'terminate', 'reset', 'close', 'fail', 'delete']);

/** `() => socket.destroy()` */
const isClosing = ({ body }) =>
  body.type === 'CallExpression' &&
  body.callee.type === 'MemberExpression' &&
  CLOSING.has(body.callee.property.name);

/** Nothing outside was asked: only a value can be wrong. */
const isPure = (sourceCode, block) =>
  sourceCode
    .getTokens(block)
    .every(({ value }) => value !== 'await' && !/Sync$/.test(value) && value !== 'process');

const STATEMENT = /Statement$|Declaration$|^PropertyDefinition$|^MethodDefinition$/;

function statementOf(node) {
  let found = node;
  while (found.parent && !STATEMENT.test(found.type)) found = found.parent;
  return found;
}

export const silentErrors = {
  meta: { type: 'problem', schema: [], messages: { silent: MESSAGE } },
  create(context) {
    const { sourceCode } = context;
    const isExplained = (node) => {
      const statement = statementOf(node);
      return (
        sourceCode.getCommentsInside(node).length > 0 ||
        sourceCode.getCommentsBefore(statement).length > 0 ||
        sourceCode
          .getAllComments()
          .some(
            ({ loc }) =>
              loc.end.line === node.loc.start.line - 1 ||
              loc.end.line === statement.loc.start.line - 1,
          )
      );
    };
    const check = (handler, parameter) => {
      if (!uses(context, handler, parameter) && !isExplained(handler))
        context.report({ node: handler, messageId: 'silent' });
    };
    return {
      CatchClause: (node) => {
        if (!isPure(sourceCode, node.parent.block)) check(node, node.param);
      },
      CallExpression: ({ callee, arguments: given }) => {
        if (callee.type !== 'MemberExpression') return;
        const handler =
          callee.property.name === 'catch'
            ? given[0]
            : callee.property.name === 'then'
              ? given[1]
              : undefined;
        if (isFunction(handler) && !isClosing(handler)) check(handler, handler.params[0]);
      },
    };
  },
};
