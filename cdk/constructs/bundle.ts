// esbuild's options for a function's single file, an ES module; shared by the deployment and the tests of the bundles.
export const BUNDLE = {
  target: 'node22',
  minify: true,
  mainFields: ['module', 'main'],
  banner:
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};
