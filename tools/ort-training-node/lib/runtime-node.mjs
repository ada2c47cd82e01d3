// Loading the training build of onnxruntime-web under Node.

import fs from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { watchMemory } from './runtime-errors.mjs';

const PACKAGE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', 'onnxruntime-web');

export const VERSION = fs.existsSync(path.join(PACKAGE, 'package.json')) ? JSON.parse(fs.readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')).version : undefined;

export async function loadRuntime() {
  if (!VERSION) throw new Error('onnxruntime-web is not installed: npm ci --ignore-scripts in the folder of train.mjs');
  // Optimizing 12 MB of WebAssembly takes longer than the short trainings that this tool is for.
  v8.setFlagsFromString('--liftoff-only');
  watchMemory();
  // By its path: the package's exports give Node the inference build.
  const ort = await import(pathToFileURL(path.join(PACKAGE, 'dist', 'ort.training.wasm.min.mjs')));
  ort.env.wasm.numThreads = 1; // with more it waits for workers for ever
  ort.env.logLevel = 'error';
  return ort;
}
