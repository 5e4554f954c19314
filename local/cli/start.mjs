// @ts-check
// Where ./droppod begins: the command line as JavaScript, which is made where a source has changed.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledEntry } from '../bundled-entry.mjs';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const bundle = await bundledEntry(main);
// Stacks name the bundle's lines: streams look at the stack of each error that ends them, and Node would read the whole source map
// (0.3 s, and memory) for the first. NODE_OPTIONS=--enable-source-maps shows the sources'.
if (bundle === undefined) {
  // This user may not write here: the sources are loaded as they are.
  const { register } = await import('tsx/esm/api');
  register();
}
await import(pathToFileURL(bundle ?? main).href);
