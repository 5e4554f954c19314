// How esbuild makes a function's one file, an ES module: the deployment and the tests of the bundles say it with these words.
export const BUNDLE = {
  target: 'node22',
  minify: true,
  mainFields: ['module', 'main'],
  banner:
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};
