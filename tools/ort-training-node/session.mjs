// node session.mjs --artifacts DIR: keeps one session of the real runtime open and answers requests on standard input until it closes.
//
// A request, like its answer, is a frame: the length of a JSON header (uint32, little endian), the header, then its bytes. Requests:
//   { call: "train", inputs: [{ type, dims, bytes }] }   one step over tensors in the model's order; answers { loss }
//   { call: "reset" }                                     the next step replaces the gradients
//   { call: "optimize" }                                  runs the optimizer model
//   { call: "read" } / { call: "write", bytes }           the trainable parameters, float32, in the model's order
// An answer with `error` is one line that says why the call failed.

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadRuntime } from './lib/runtime-node.mjs';
import { readable } from './lib/runtime-errors.mjs';
import { Trainer } from './lib/trainer.mjs';

const ARRAYS = { int64: BigInt64Array, int32: Int32Array, float32: Float32Array, bool: Uint8Array };

async function main() {
  const { artifacts: folder } = parseArgs({ options: { artifacts: { type: 'string' } } }).values;
  if (!folder) throw new Error('--artifacts is missing');
  const read = name => new Uint8Array(fs.readFileSync(path.join(folder, name)));
  const ort = await loadRuntime();
  const trainer = await Trainer.open(ort, {
    checkpoint: read('checkpoint'), trainingModel: read('training_model.onnx'), evalModel: read('eval_model.onnx'), optimizerModel: read('optimizer_model.onnx'),
  });
  answer({});
  for (let header; (header = readHeader()); ) {
    const payload = readBytes(header.bytes ?? 0);
    try {
      const { header: reply = {}, payload: bytes } = await CALLS[header.call](trainer, header, payload, ort);
      answer(reply, bytes);
    } catch (error) {
      answer({ error: error.message });
    }
  }
}

const CALLS = {
  async train({ session }, { inputs }, payload, ort) {
    let at = 0;
    const feeds = Object.fromEntries(inputs.map(({ type, dims, bytes }, i) => {
      const data = new ARRAYS[type](payload.slice(at, at += bytes).buffer);
      return [session.trainingInputNames[i], new ort.Tensor(type, data, dims)];
    }));
    const outputs = await readable('runTrainStep (training_model.onnx)', () => session.runTrainStep(feeds));
    return { header: { loss: outputs[session.trainingOutputNames[0]].data[0] } };
  },
  reset: async ({ session }) => (await readable('lazyResetGrad', () => session.lazyResetGrad()), {}),
  optimize: async ({ session }) => (await readable('runOptimizerStep (optimizer_model.onnx)', () => session.runOptimizerStep()), {}),
  async read({ session }) {
    const { data } = await readable('getContiguousParameters', () => session.getContiguousParameters(true));
    return { payload: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  },
  write: async ({ session }, _, payload) => (await readable('loadParametersBuffer', () => session.loadParametersBuffer(payload, true)), {}),
};

function readHeader() {
  const length = readBytes(4, true);
  return length && JSON.parse(Buffer.from(readBytes(new DataView(length.buffer).getUint32(0, true))).toString('utf8'));
}

/** Exactly so many bytes; undefined at the end of the input, where that may come. */
function readBytes(count, mayEnd = false) {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(0, bytes, at, count - at);
    if (got === 0) {
      if (mayEnd && at === 0) return undefined;
      throw new Error('the request is cut short');
    }
    at += got;
  }
  return bytes;
}

function answer(header, payload = new Uint8Array()) {
  const text = Buffer.from(JSON.stringify({ ...header, bytes: payload.length }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  for (const part of [length, text, payload]) for (let at = 0; at < part.length; ) at += fs.writeSync(1, part, at);
}

await main().catch(error => {
  console.error(`ort-training-node: ${error.message}`);
  process.exit(1);
});
