// Training in the real runtime: a session over one set of artifacts. Works under Node and in a page alike; the caller brings the runtime.

import { readCheckpoint, withParameters } from './checkpoint.mjs';
import { readInputs } from './onnx-inputs.mjs';
import { elements } from './safetensors.mjs';
import { named, readable } from './runtime-errors.mjs';

/** The learning rate that this runtime's JavaScript API always trains with. */
export const LEARNING_RATE = 1e-3;

const MODELS = { trainingModel: 'training_model.onnx', evalModel: 'eval_model.onnx', optimizerModel: 'optimizer_model.onnx' };

export class Trainer {
  /**
   * Opens a session; the runtime allows one in a process. `artifacts` holds the bytes of the four files:
   * checkpoint, trainingModel, evalModel, optimizerModel.
   */
  static async open(ort, artifacts) {
    const inputs = Object.fromEntries(Object.entries(MODELS).map(([model, file]) => [model, named(file, () => readInputs(artifacts[model]))]));
    const stored = named('checkpoint', () => readCheckpoint(artifacts.checkpoint));
    const parameters = parameterOrder(stored, inputs.trainingModel);
    const session = await readable('TrainingSession.create (checkpoint, training_model.onnx, eval_model.onnx, optimizer_model.onnx)', () => ort.TrainingSession.create({
      checkpointState: artifacts.checkpoint,
      trainModel: artifacts.trainingModel,
      evalModel: artifacts.evalModel,
      optimizerModel: artifacts.optimizerModel,
    }, { logSeverityLevel: 3 }));
    return new Trainer(ort, artifacts.checkpoint, session, parameters, inputs.trainingModel);
  }

  constructor(ort, checkpoint, session, parameters, modelInputs) {
    Object.assign(this, { ort, checkpoint, session, parameters });
    this.inputs = modelInputs.filter(input => session.trainingInputNames.includes(input.name));
  }

  /** One optimizer step over micro-batches, whose gradients add up; returns the loss of each. */
  async step(microBatches) {
    const losses = [];
    for (const batch of microBatches) {
      const feeds = this.feeds(this.session.trainingInputNames, batch);
      const outputs = await readable('runTrainStep (training_model.onnx)', () => this.session.runTrainStep(feeds));
      losses.push(outputs[this.session.trainingOutputNames[0]].data[0]);
    }
    await readable('runOptimizerStep (optimizer_model.onnx)', () => this.session.runOptimizerStep());
    await readable('lazyResetGrad', () => this.session.lazyResetGrad());
    return losses;
  }

  /** The outputs of the evaluation model by name; the first is the loss. */
  async evaluate(batch) {
    const feeds = this.feeds(this.session.evalInputNames, batch);
    const outputs = await readable('runEvalStep (eval_model.onnx)', () => this.session.runEvalStep(feeds, [...this.session.evalOutputNames]));
    // The runtime returns them in order, but under the training model's names.
    const values = Object.values(outputs);
    return new Map(this.session.evalOutputNames.map((name, i) => [name, values[i]]));
  }

  /** Every parameter's values now, trained and frozen: a Map from name to { type, dims, data }. */
  async readParameters() {
    const all = (await readable('getContiguousParameters', () => this.session.getContiguousParameters(false))).data;
    const wanted = this.parameters.reduce((sum, { dims }) => sum + elements(dims), 0);
    if (all.length !== wanted) throw new Error(`the runtime returned ${all.length} parameter values; the training model's inputs ask for ${wanted}`);
    let at = 0;
    return new Map(this.parameters.map(({ name, dims }) => [name, { type: 'float32', dims, data: all.slice(at, at += elements(dims)) }]));
  }

  /** The checkpoint with the parameters as they are now, without an optimizer state. */
  async saveCheckpoint() {
    const values = await this.readParameters();
    return withParameters(this.checkpoint, new Map([...values].map(([name, { data }]) => [name, data])));
  }

  // The runtime reads feeds by position, whatever their names: they go in its own order, all of them.
  feeds(names, batch) {
    return Object.fromEntries(names.map(name => {
      const tensor = batch.get(name);
      if (!tensor) throw new Error(`the batch has no '${name}'; the model reads ${names.join(', ')}`);
      const wanted = this.inputs.find(input => input.name === name)?.type;
      if (wanted && wanted !== tensor.type) throw new Error(`'${name}' of the batch is ${tensor.type}; the model reads ${wanted}`);
      return [name, new this.ort.Tensor(tensor.type, tensor.data, tensor.dims)];
    }));
  }
}

/** Parameters in the order of the runtime's contiguous buffer, which is that of the training model's inputs. */
function parameterOrder(stored, inputs) {
  const names = new Set(inputs.map(input => input.name));
  const extra = stored.find(({ name, trainable }) => trainable && !names.has(name));
  if (extra) throw new Error(`checkpoint: its trainable parameter '${extra.name}' is no input of training_model.onnx, which crashes the runtime`);
  const byName = new Map(stored.map(parameter => [parameter.name, parameter]));
  return inputs.filter(({ name }) => byName.has(name)).map(({ name }) => byName.get(name));
}
