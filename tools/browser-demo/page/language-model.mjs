// A causal language model behind training artifacts: texts in, losses, bits per byte and continuations out.

import { elements } from './lib/safetensors.mjs';

const IGNORED = -100n;
const MASK = 'attention_mask', LABELS = 'labels', LOGITS = 'logits';

export class LanguageModel {
  /**
   * @param trainer the Trainer over the artifacts
   * @param tokenizer the model's Tokenizer
   * @param context the longest sequence, in tokens
   */
  constructor(trainer, tokenizer, context) {
    Object.assign(this, { trainer, tokenizer, context });
    const known = name => ['input_ids', 'position_ids', MASK, LABELS].includes(name) || name.startsWith('past_key_values.');
    const strange = trainer.inputs.find(input => !known(input.name));
    if (strange) throw new Error(`the model reads '${strange.name}', which this page cannot fill`);
  }

  get parameterCount() { return this.trainer.parameters.reduce((sum, { dims }) => sum + elements(dims), 0); }

  /** [tag, text, <eos>], cut to the context. */
  sequence(text, language) {
    return [this.tokenizer.first(language), ...this.tokenizer.encode(text), this.tokenizer.end].slice(0, this.context);
  }

  /** One optimizer step over sequences; the mean loss in bits per token. */
  async train(sequences) {
    const [loss] = await this.trainer.step([this.batch(sequences)]);
    return loss / Math.LN2;
  }

  /** Bits of the model per UTF-8 byte of a text; <eos> is scored, its bytes are none. */
  async bitsPerByte(text, language) {
    const sequence = this.sequence(text, language);
    const [loss] = [...(await this.trainer.evaluate(this.batch([sequence]))).values()];
    const scored = sequence.length - 1;
    const bytes = sequence.slice(1).reduce((sum, id) => sum + (this.tokenizer.bytes.get(id)?.length ?? 0), 0);
    return Number(loss.data[0]) * scored / Math.LN2 / bytes;
  }

  /** Continues a text by at most `count` tokens, drawn at a temperature from a seed: the same seed before and after shows what training changed. */
  async generate(prompt, language, { count = 40, temperature = 0.7, seed = 1 } = {}) {
    const random = randomNumbers(seed);
    const ids = this.sequence(prompt, language).slice(0, -1);
    const start = ids.length;
    while (ids.length < Math.min(start + count, this.context)) {
      const outputs = await this.trainer.evaluate(this.batch([ids], { labelled: false }));
      const logits = outputs.get(LOGITS);
      if (!logits) throw new Error(`the artifacts were made without the extra output '${LOGITS}', which continuing a text needs`);
      const next = draw(logits.data.subarray(logits.data.length - logits.dims.at(-1)), temperature, random());
      if (next === this.tokenizer.end) break;
      ids.push(next);
    }
    return this.tokenizer.decode(ids.slice(start));
  }

  /** Feeds of sequences padded on the right; the cache of earlier keys and values is empty. */
  batch(sequences, { labelled = true } = {}) {
    const batch = sequences.length, length = Math.max(...sequences.map(sequence => sequence.length));
    const table = fill => {
      const data = new BigInt64Array(batch * length);
      sequences.forEach((sequence, row) => { for (let i = 0; i < length; i++) data[row * length + i] = fill(sequence, i); });
      return { type: 'int64', dims: [batch, length], data };
    };
    const inside = (sequence, i) => i < sequence.length;
    const feeds = new Map([
      ['input_ids', table((sequence, i) => BigInt(inside(sequence, i) ? sequence[i] : this.tokenizer.padding))],
      [MASK, table((sequence, i) => inside(sequence, i) ? 1n : 0n)],
      ['position_ids', table((_, i) => BigInt(i))],
      [LABELS, table((sequence, i) => labelled && inside(sequence, i) ? BigInt(sequence[i]) : IGNORED)],
    ]);
    for (const { name, type, dims } of this.trainer.inputs.filter(input => input.name.startsWith('past_key_values.'))) {
      const shape = dims.map((size, axis) => typeof size === 'number' ? size : axis === 0 ? batch : 0);
      feeds.set(name, { type, dims: shape, data: new Float32Array(elements(shape)) });
    }
    return feeds;
  }
}

function draw(logits, temperature, at) {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const weights = Float64Array.from(logits, logit => Math.exp((logit - highest) / temperature));
  let rest = at * weights.reduce((a, b) => a + b);
  const chosen = weights.findIndex(weight => (rest -= weight) < 0);
  return chosen < 0 ? weights.length - 1 : chosen;
}

/** Numbers in [0, 1) from a seed: a counter through a mixing function of 32 bits (Murmur's finalizer). */
export function randomNumbers(seed) {
  let counter = Math.imul(seed, 0x9e3779b1);
  return () => {
    let x = counter = (counter + 0x9e3779b9) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}
