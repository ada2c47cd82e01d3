// node assemble.mjs --model DIR --artifacts DIR --out DIR [--runtime DIR]
// Puts the page, the runtime and one model's artifacts into a folder that any static file server can serve.
// Exit code: 0 done, 2 wrong call or a missing file.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const USAGE = 'usage: node assemble.mjs --model DIR --artifacts DIR --out DIR [--runtime DIR]';
const LIBRARY = ['checkpoint', 'onnx-inputs', 'runtime-errors', 'safetensors', 'trainer'].map(name => `${name}.mjs`);
const RUNTIME = ['ort.training.wasm.min.mjs', 'ort-training-wasm-simd-threaded.mjs', 'ort-training-wasm-simd-threaded.wasm'];

const stop = message => {
  console.error(`browser-demo: ${message}`);
  process.exit(2);
};

function options() {
  try {
    const { values } = parseArgs({ options: { model: { type: 'string' }, artifacts: { type: 'string' }, out: { type: 'string' }, runtime: { type: 'string', default: path.join(HERE, '..', 'ort-training-node') } } });
    for (const name of ['model', 'artifacts', 'out']) if (!values[name]) stop(`--${name} is missing\n${USAGE}`);
    return values;
  } catch (error) {
    return stop(`${error.message}\n${USAGE}`);
  }
}

const { model, artifacts, out, runtime } = options();
const copies = [
  ...fs.readdirSync(path.join(HERE, 'page')).map(file => [path.join(HERE, 'page'), file, '']),
  ...LIBRARY.map(file => [path.join(runtime, 'lib'), file, 'lib']),
  ...RUNTIME.map(file => [path.join(runtime, 'node_modules', 'onnxruntime-web', 'dist'), file, 'runtime']),
  ...['checkpoint', 'training_model.onnx', 'eval_model.onnx', 'optimizer_model.onnx'].map(file => [artifacts, file, 'model']),
  ...['tokenizer.json', 'config.json'].map(file => [model, file, 'model']),
];
const missing = copies.map(([from, file]) => path.join(from, file)).find(source => !fs.existsSync(source));
if (missing) stop(`${missing} is missing${missing.includes('onnxruntime-web') ? `: npm ci --ignore-scripts in ${runtime}` : ''}`);
for (const [from, file, folder] of copies) {
  fs.mkdirSync(path.join(out, folder), { recursive: true });
  fs.copyFileSync(path.join(from, file), path.join(out, folder, file));
}
