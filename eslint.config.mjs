// Few rules, all errors (the house's arrows between rooms are held by test/house.test.ts).
import tseslint from 'typescript-eslint';
import { growingCopies } from './lint/growing-copies.mjs';
import { ownLookups } from './lint/own-lookups.mjs';
import { silentErrors } from './lint/silent-errors.mjs';

export default tseslint.config(
  { ignores: ['node_modules/', 'build/', 'cdk.out/', '.droppod/'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  // What a client names is looked up among own members only; tests choose their names themselves.
  {
    files: ['**/*.ts'],
    ignores: ['test/**', 'src/own.ts'],
    plugins: { house: { rules: { 'own-lookups': ownLookups } } },
    rules: { 'house/own-lookups': 'error' },
  },
  // The work on a list grows as the list does.
  {
    files: ['**/*.ts'],
    ignores: ['test/**'],
    plugins: { growth: { rules: { 'growing-copies': growingCopies } } },
    rules: {
      'growth/growing-copies': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "BinaryExpression[operator=/^[<!]/][left.callee.property.name=/^(findIndex|indexOf)$/][right.type='Identifier']",
          message:
            'Each entry is looked up among all others: gather them in a Set, as repeats() of src/validation does.',
        },
        {
          selector:
            "ConditionalExpression[test.type='BinaryExpression'][test.right.type='Identifier'][test.right.name='undefined'][consequent.type='ObjectExpression'][consequent.properties.length=0][alternate.type='ObjectExpression']",
          message: 'present() of src/present.ts leaves out members that are undefined.',
        },
        {
          selector:
            "SpreadElement > LogicalExpression[operator='&&'][left.type='BinaryExpression'][left.right.type='Identifier'][left.right.name='undefined'] > ObjectExpression",
          message: 'present() of src/present.ts leaves out members that are undefined.',
        },
      ],
    },
  },
  // `String(value)` calls the value's toString, which a client's may have as a number: what was sent is shown as JSON.
  {
    files: ['src/api/{patch,verbs,wire}/**/*.ts'],
    rules: { '@typescript-eslint/no-base-to-string': ['error', { checkUnknown: true }] },
  },
  // Nothing is dropped in silence: an error that nobody looks at says why.
  {
    files: ['src/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'cdk/**/*.ts', 'podlet/**/*.ts'],
    plugins: { errors: { rules: { silent: silentErrors } } },
    rules: { 'errors/silent': 'error' },
  },
  // A rejection that nobody takes ends the serving process: work in the background has a `catch` that names its owner; `void` is none.
  {
    files: ['src/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'cdk/**/*.ts', 'podlet/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error',
    },
  },
  // What the installation says goes through its structured log (src/ports/log.ts).
  {
    files: ['src/**/*.ts', 'functions/**/*.ts'],
    ignores: ['src/aws/lambda/environment-log.ts', 'src/kinds/update.ts'],
    rules: { 'no-console': 'error' },
  },
  // A reader sees a function whole.
  { files: ['**/*.ts'], ignores: ['test/**'], rules: { 'max-lines-per-function': ['error', 60] } },
  // Nor does a block of tests say too many things.
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': ['error', 151] } },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
);
