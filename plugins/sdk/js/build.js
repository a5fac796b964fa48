// Builds a plugin: `node casewright-plugin/build.js OUT.wasm` in the folder of a project.
//
// The component imports the host's log and nothing else: no clock, no randomness, no files. What of
// JavaScript needs them, such as `Date.now()`, ends the call.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { componentize } from 'componentize-qjs';

const HERE = dirname(fileURLToPath(import.meta.url));

// What is built: the project's main file, between the host's log and the exports of the contract.
const entry = (main) => `
import { log } from 'casewright:plugin/logging@0.1.0';
import plugin from ${JSON.stringify(main)};
export const { catalogue, decisions } = plugin.exports(log);
`;

export async function build(project, out) {
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  const { component } = await componentize({
    witPath: join(HERE, 'wit/v0.1.0'),
    world: 'decision',
    jsSource: entry(`../${manifest.main ?? 'index.js'}`),
    // From where the entry imports: a file that is there, and that no plugin imports.
    jsPath: join(project, 'casewright-plugin/build.js'),
    moduleRoot: project,
    stubWasi: true,
    sync: true,
  });
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, component);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [out] = process.argv.slice(2);
  if (out === undefined) {
    console.error('expected the file to write: `node casewright-plugin/build.js OUT.wasm`');
    process.exit(2);
  }
  await build(process.cwd(), resolve(out));
}
