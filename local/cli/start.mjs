// @ts-check
// Where ./droppod begins: the command line from one file of JavaScript, which is made where a source has changed.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledEntry } from '../bundled-entry.mjs';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const bundle = await bundledEntry(main);
if (bundle === undefined) {
  // This user may not write here: the sources are loaded as they are.
  const { register } = await import('tsx/esm/api');
  register();
} else process.setSourceMapsEnabled(true);
await import(pathToFileURL(bundle ?? main).href);
