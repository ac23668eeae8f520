'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

/**
 * Requires a bundle. To compile it takes a third of the time of a short command, so what V8 made of it is kept beside
 * it. Node.js has that of its own from 22.1 on (module.enableCompileCache), which takes 30 ms longer each time
 * (measured: it looks at every module, and keeps them elsewhere).
 * @param {string} file the bundle
 * @returns {{ exports: object, keep: () => void }} what it exports, and what keeps the code once it has run
 */
function load(file) {
  // V8 itself compares no more than the length of the text.
  const { mtimeMs, size } = fs.statSync(file);
  const cache = `${file}.${process.version}-${mtimeMs}-${size}.cache`;
  const source = Module.wrap(fs.readFileSync(file, 'utf8'));
  const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
  const script = new vm.Script(source, { filename: file, cachedData });
  const module = { exports: {} };
  script
    .runInThisContext()
    .call(module.exports, module.exports, Module.createRequire(file), module, file, path.dirname(file));
  const fresh = cachedData !== undefined && !script.cachedDataRejected;
  return { exports: module.exports, keep: fresh ? () => undefined : () => write(file, cache, script) };
}

/** In one step, as another process may read it, or write it as well; a folder that nobody may write to needs none. */
function write(file, cache, script) {
  try {
    const [folder, name] = [path.dirname(file), path.basename(file)];
    for (const old of fs.readdirSync(folder)) {
      if (old.startsWith(`${name}.`)) fs.rmSync(path.join(folder, old), { force: true });
    }
    fs.writeFileSync(`${cache}.${process.pid}`, script.createCachedData());
    fs.renameSync(`${cache}.${process.pid}`, cache);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT'].includes(error.code)) throw error;
  }
}

module.exports = { load };
