// node train.mjs --artifacts DIR --batches FILE --out FILE [options]; README.md explains it.
// Exit code: 0 trained, 1 the runtime or the files failed, 2 wrong call.

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readBatches } from './lib/batches.mjs';
import { loadRuntime, VERSION } from './lib/runtime-node.mjs';
import { named } from './lib/runtime-errors.mjs';
import { readSafetensors, writeSafetensors } from './lib/safetensors.mjs';
import { Trainer } from './lib/trainer.mjs';

const USAGE = 'usage: node train.mjs --artifacts DIR --batches FILE --out FILE [--steps 20] [--micro-batches 1] [--outputs NAME,...] [--optimizer FILE] [--save-checkpoint FILE]';

async function main() {
  const options = readOptions();
  const artifacts = readArtifacts(options.artifacts, options.optimizer);
  const batches = named(options.batches, () => readBatches(readSafetensors(fs.readFileSync(options.batches))));
  const trainer = await Trainer.open(await loadRuntime(), artifacts);

  const losses = [];
  for (let step = 0; step < options.steps; step++) {
    const first = step * options.microBatches;
    losses.push(...await trainer.step(Array.from({ length: options.microBatches }, (_, i) => batches[(first + i) % batches.length])));
  }

  const evaluation = [...await trainer.evaluate(batches[0])];
  const missing = options.outputs.find(name => !evaluation.some(([output]) => output === name));
  if (missing) throw new Error(`the evaluation model has no output '${missing}'; it has ${evaluation.map(([name]) => name).join(', ')}`);
  const results = new Map([
    ['losses', { type: 'float32', dims: [losses.length], data: Float32Array.from(losses) }],
    ['eval_loss', { type: 'float32', dims: [1], data: evaluation[0][1].data }],
    ...evaluation.filter(([name]) => options.outputs.includes(name)).map(([name, value]) => [`eval.${name}`, value]),
    ...[...await trainer.readParameters()].map(([name, value]) => [`param.${name}`, value]),
  ]);
  if (options.saveCheckpoint) fs.writeFileSync(options.saveCheckpoint, await trainer.saveCheckpoint());
  fs.writeFileSync(options.out, writeSafetensors(results, { runtime: `onnxruntime-web ${VERSION}` }));
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({ options: {
      artifacts: { type: 'string' }, batches: { type: 'string' }, out: { type: 'string' }, outputs: { type: 'string', default: '' },
      steps: { type: 'string', default: '20' }, 'micro-batches': { type: 'string', default: '1' },
      optimizer: { type: 'string' }, 'save-checkpoint': { type: 'string' },
    } }));
  } catch (error) {
    stop(2, `${error.message}\n${USAGE}`);
  }
  const count = (name, least) => /^\d+$/.test(values[name]) && Number(values[name]) >= least ? Number(values[name]) : stop(2, `--${name}: '${values[name]}' is no number of ${least} or more\n${USAGE}`);
  for (const name of ['artifacts', 'batches', 'out']) if (!values[name]) stop(2, `--${name} is missing\n${USAGE}`);
  return {
    artifacts: values.artifacts, batches: values.batches, out: values.out, optimizer: values.optimizer, saveCheckpoint: values['save-checkpoint'],
    outputs: values.outputs.split(',').filter(Boolean), steps: count('steps', 0), microBatches: count('micro-batches', 1),
  };
}

function readArtifacts(folder, optimizer) {
  const read = name => {
    const file = path.resolve(folder, name);
    return named(file, () => new Uint8Array(fs.readFileSync(file)));
  };
  return {
    checkpoint: read('checkpoint'), trainingModel: read('training_model.onnx'), evalModel: read('eval_model.onnx'),
    optimizerModel: read(optimizer ? path.resolve(optimizer) : 'optimizer_model.onnx'),
  };
}

function stop(code, message) {
  console.error(`ort-training-node: ${message}`);
  process.exit(code);
}

await main().catch(error => stop(1, error.message));
