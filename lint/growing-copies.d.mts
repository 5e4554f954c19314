import type { Rule } from 'eslint';
export const growingCopies: Rule.RuleModule;
