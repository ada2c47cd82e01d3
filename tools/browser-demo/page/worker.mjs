// The runtime lives here, so that the page stays usable while it trains, and so that starting over is a new worker.
// Each message { id, call, args } is answered by { id, result } or { id, error }; training reports { loss } on the way.

import { watchMemory } from './lib/runtime-errors.mjs';
import { writeSafetensors } from './lib/safetensors.mjs';
import { Trainer } from './lib/trainer.mjs';
import { LanguageModel, randomNumbers } from './language-model.mjs';
import { Tokenizer } from './tokenizer.mjs';

const here = path => new URL(path, import.meta.url).href;
let model;
let stopped;

const calls = {
  async open() {
    watchMemory();
    const ort = await import(here('./runtime/ort.training.wasm.min.mjs'));
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = here('./runtime/');
    const [checkpoint, trainingModel, evalModel, optimizerModel] = await Promise.all(['checkpoint', 'training_model.onnx', 'eval_model.onnx', 'optimizer_model.onnx'].map(bytes));
    const [file, config] = await Promise.all([json('tokenizer.json'), json('config.json')]);
    const tokenizer = new Tokenizer(file);
    model = new LanguageModel(await Trainer.open(ort, { checkpoint, trainingModel, evalModel, optimizerModel }), tokenizer, config.max_position_embeddings);
    return { name: config.model_type, parameters: model.parameterCount, vocabulary: tokenizer.ids.size, context: model.context, languages: tokenizer.languages };
  },

  async measure({ texts, held, prompt, language }) {
    return {
      own: mean(await inTurn(texts, text => model.bitsPerByte(text, language))),
      held: await model.bitsPerByte(held, language),
      continuation: await model.generate(prompt, language),
    };
  },

  async train({ texts, language, passes, batch, seed = 1 }) {
    stopped = false;
    const sequences = texts.map(text => model.sequence(text, language));
    const random = randomNumbers(seed);
    const total = passes * Math.ceil(sequences.length / batch);
    let step = 0;
    for (let pass = 0; pass < passes; pass++) {
      const order = shuffled(sequences, random);
      for (let first = 0; first < order.length; first += batch) {
        if (stopped) return { steps: step };
        postMessage({ loss: await model.train(order.slice(first, first + batch)), step: ++step, total });
        await new Promise(resolve => setTimeout(resolve)); // lets a 'stop' in
      }
    }
    return { steps: step };
  },

  stop() { stopped = true; },

  async parameters() { return writeSafetensors(await model.trainer.readParameters(), { format: 'pt' }); },

  checkpoint() { return model.trainer.saveCheckpoint(); },

  encode({ text }) { return model.tokenizer.encode(text); },
};

addEventListener('message', async ({ data: { id, call, args } }) => {
  try {
    postMessage({ id, result: await calls[call](args) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
});

async function fetched(name) {
  const response = await fetch(here(`./model/${name}`));
  if (!response.ok) throw new Error(`model/${name} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}

const bytes = async name => new Uint8Array(await (await fetched(name)).arrayBuffer());
const json = async name => (await fetched(name)).json();
const mean = values => values.reduce((a, b) => a + b, 0) / values.length;

async function inTurn(items, run) {
  const results = [];
  for (const item of items) results.push(await run(item));
  return results;
}

function shuffled(items, random) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
