import type { Rule } from 'eslint';
export const silentErrors: Rule.RuleModule;
