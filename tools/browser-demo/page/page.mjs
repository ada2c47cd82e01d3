// The page: reads its form, has the worker work, shows what comes back. body[data-state] says where it is.

import { drawLosses } from './chart.mjs';

const byId = id => document.getElementById(id);
let worker, pending, losses, total;

byId('form').addEventListener('submit', event => { event.preventDefault(); run(train); });
byId('stop').addEventListener('click', () => ask('stop'));
byId('again').addEventListener('click', () => run(open));
byId('parameters').addEventListener('click', () => run(() => download('parameters', 'parameters.safetensors')));
byId('checkpoint').addEventListener('click', () => run(() => download('checkpoint', 'checkpoint')));
addEventListener('resize', () => { if (losses.length) drawLosses(byId('curve'), losses, total); });
run(open);

/** A fresh worker with the model as it was delivered. */
async function open() {
  state('loading', 'Loading the model and the runtime …');
  worker?.terminate();
  pending = new Map();
  losses = [];
  worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }) => receive(data));
  worker.addEventListener('error', event => state('failed', `The worker could not start: ${event.message}`));
  const model = await ask('open');
  showFacts(model);
  showLanguages(model.languages);
  for (const cell of document.querySelectorAll('td')) { cell.textContent = '–'; cell.className = ''; }
  byId('curve').replaceChildren();
  caption('Bits per token of each step. The curve appears when training begins.');
  state('ready', 'Ready.');
}

async function train() {
  const settings = {
    texts: byId('texts').value.split('\n').map(line => line.trim()).filter(Boolean),
    language: byId('language').value, held: byId('held').value.trim(), prompt: byId('prompt').value,
    passes: byId('passes').valueAsNumber, batch: byId('batch').valueAsNumber,
  };
  if (settings.texts.length === 0) return state('ready', 'There is no sentence to train on.');
  losses = [];
  state('measuring', 'Measuring the model as it is …');
  const before = await ask('measure', settings);
  showMeasure('before', before, settings.prompt);
  state('training', 'Training …');
  const started = performance.now();
  const { steps } = await ask('train', settings);
  const seconds = (performance.now() - started) / 1000;
  state('measuring', 'Measuring what changed …');
  showMeasure('after', await ask('measure', settings), settings.prompt, before);
  state('trained', `Trained ${steps} steps in ${seconds.toFixed(1)} s. Train again to go on from here.`);
}

async function download(call, name) {
  const bytes = await ask(call);
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([bytes])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Calls the worker; the promise settles with its answer. */
function ask(call, args) {
  const id = crypto.randomUUID?.() ?? String(Math.random());
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject });
    worker.postMessage({ id, call, args });
  });
}

function receive({ id, result, error, loss, step, total: planned }) {
  if (id === undefined) {
    losses.push(loss);
    total = planned;
    drawLosses(byId('curve'), losses, total);
    caption(`Bits per token of each step: ${losses[0].toFixed(2)} in the first, ${loss.toFixed(2)} in step ${step} of ${total}.`);
    return;
  }
  const { resolve, reject } = pending.get(id);
  pending.delete(id);
  if (error === undefined) resolve(result); else reject(new Error(error));
}

/** Runs an action; what fails is said where the state is said. */
async function run(action) {
  try {
    await action();
  } catch (error) {
    state('failed', `That failed: ${error.message}`);
  }
}

function state(name, text) {
  document.body.dataset.state = name;
  byId('status').textContent = text;
  const idle = ['ready', 'trained'].includes(name);
  byId('train').disabled = !idle;
  byId('stop').disabled = name !== 'training';
  byId('again').disabled = !['trained', 'failed'].includes(name);
  for (const id of ['parameters', 'checkpoint']) byId(id).disabled = name !== 'trained';
}

const caption = text => { byId('caption').textContent = text; };

function showFacts({ name, parameters, vocabulary, context, languages }) {
  const facts = { Model: name, Parameters: parameters.toLocaleString('en'), Vocabulary: `${vocabulary.toLocaleString('en')} tokens`, Context: `${context} tokens`, Languages: languages.length || 'one' };
  byId('facts').replaceChildren(...Object.entries(facts).map(([term, value]) => {
    const pair = document.createElement('div');
    pair.append(Object.assign(document.createElement('dt'), { textContent: term }), Object.assign(document.createElement('dd'), { textContent: value }));
    return pair;
  }));
  byId('facts').hidden = false;
}

function showLanguages(languages) {
  const select = byId('language'), chosen = select.value || 'en';
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });
  const name = tag => { try { return names.of(tag); } catch { return tag; } };
  const options = languages.map(tag => ({ tag, text: name(tag) === tag ? tag : `${name(tag)} (${tag})` })).sort((a, b) => a.text.localeCompare(b.text, 'en'));
  select.replaceChildren(...options.map(({ tag, text }) => new Option(text, tag, false, tag === chosen)));
  select.disabled = languages.length === 0;
}

function showMeasure(when, measured, prompt, earlier) {
  for (const key of ['own', 'held']) {
    const cell = byId(`${key}-${when}`);
    cell.textContent = measured[key].toFixed(3);
    cell.className = !earlier || measured[key] === earlier[key] ? '' : measured[key] < earlier[key] ? 'better' : 'worse';
  }
  const start = Object.assign(document.createElement('b'), { textContent: prompt });
  byId(`continuation-${when}`).replaceChildren(start, measured.continuation);
}
