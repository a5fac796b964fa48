// Builds a plugin: `node casewright-plugin/build.js OUT.wasm [WORLD]` in the folder of a project.
//
// Without WORLD, a plugin of decisions: the component imports the host's log and nothing else, no clock, no randomness, no
// files. What of JavaScript needs them, such as `Date.now()`, ends the call.
//
// WORLD is the folder of the interface by which a plugin of services reaches the world. `casewright plugin build` gives it,
// and puts beside what comes out here what makes a plugin of it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { componentize } from 'componentize-qjs';

const HERE = dirname(fileURLToPath(import.meta.url));

// What is built: the project's main file, between what the host gives and the exports of the contract.
const decisions = (main) => `
import { log } from 'casewright:plugin/logging@0.1.0';
import plugin from ${JSON.stringify(main)};
export const { catalogue, decisions } = plugin.exports(log);
`;
const services = (main) => `
import { log } from 'casewright:plugin/logging@0.2.0';
import * as keyValue from 'casewright:plugin/key-value@0.2.0';
import * as secrets from 'casewright:plugin/secrets@0.2.0';
import * as reach from 'casewright:outside/reach@0.1.0';
import plugin from ${JSON.stringify(main)};
export const { catalogue, services } = plugin.exports(log, { reach, secrets, keyValue });

// What of JavaScript needs the time or randomness gets it where the rest of the world comes from.
const Known = Date;
globalThis.Date = class Date extends Known {
  constructor(...given) {
    super(...(given.length === 0 ? [reach.now()] : given));
  }
  static now() {
    return reach.now();
  }
};
Math.random = () => [...reach.random(6)].reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;
`;

export async function build(project, out, world) {
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  const main = `../${manifest.main ?? 'index.js'}`;
  const { component } = await componentize({
    witPath: world ?? join(HERE, 'wit/v0.1.0'),
    world: world === undefined ? 'decision' : 'service',
    jsSource: world === undefined ? decisions(main) : services(main),
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
  const [out, world] = process.argv.slice(2);
  if (out === undefined) {
    console.error('expected the file to write: `node casewright-plugin/build.js OUT.wasm [WORLD]`');
    process.exit(2);
  }
  await build(process.cwd(), resolve(out), world && resolve(world));
}
