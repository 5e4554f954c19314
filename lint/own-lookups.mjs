// ESLint rule: no record is looked up by an open text, which may be a client's. `{}['constructor']` is a function and
// `{}['__proto__'] = x` loses x, so such look-ups go through a Map or through src/own.ts. Closed unions of literals may index.
import ts from 'typescript';

const parts = (type) => (type.isUnion() ? type.types : [type]);
const isOpenText = (type) =>
  parts(type).some(
    (part) =>
      (part.flags &
        (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.StringMapping)) !==
        0 ||
      (part.isTypeParameter?.() && isOpenText(part.getConstraint() ?? part)) ||
      (part.isIntersection?.() && part.types.some(isOpenText)),
  );

const LISTS = /^(Readonly)?Array$|^Uint8Array$|^Buffer$/;
const isList = (checker, type) =>
  parts(checker.getNonNullableType(type)).every(
    (part) =>
      checker.isArrayType(part) ||
      checker.isTupleType(part) ||
      (part.flags & ts.TypeFlags.StringLike) !== 0 ||
      LISTS.test(part.getSymbol()?.getName() ?? ''),
  );

/** No member of Object.prototype has such a character in its name. */
const hasSafePart = (node) =>
  node.type === 'TemplateLiteral' &&
  node.quasis.some(({ value }) => /[^\w$]/.test(value.cooked ?? ''));

export const ownLookups = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      open: 'A look-up by an open text finds Object.prototype as well: use a Map, or own() and setOwn() of src/own.ts (for `in`: Object.hasOwn).',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const isOpen = (node) =>
      node.type !== 'Literal' && !hasSafePart(node) && isOpenText(services.getTypeAtLocation(node));
    return {
      'MemberExpression[computed=true]'(node) {
        const isDelete =
          node.parent.type === 'UnaryExpression' && node.parent.operator === 'delete';
        if (
          isDelete ||
          !isOpen(node.property) ||
          isList(checker, services.getTypeAtLocation(node.object))
        )
          return;
        context.report({ node, messageId: 'open' });
      },
      'ObjectPattern > Property[computed=true]'(node) {
        // A member that is only taken out of the rest is not used.
        const isUnused = node.value.type === 'Identifier' && node.value.name.startsWith('_');
        if (!isUnused && isOpen(node.key)) context.report({ node, messageId: 'open' });
      },
      'BinaryExpression[operator="in"]'(node) {
        if (node.left.type !== 'PrivateIdentifier' && isOpen(node.left))
          context.report({ node, messageId: 'open' });
      },
    };
  },
};
