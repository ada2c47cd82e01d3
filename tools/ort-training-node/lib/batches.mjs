// Batches of a safetensors file. Two layouts, for batches of one shape and of several:
//   input.<name>, labels       the first axis is the batch number
//   batch.<number>.<name>      each tensor a batch's own

import { elements } from './safetensors.mjs';

/** An array of Maps from input name to tensor. */
export function readBatches(tensors) {
  const batches = [];
  const put = (number, name, tensor) => (batches[number] ??= new Map()).set(name, tensor);
  for (const [key, tensor] of tensors) {
    const own = /^batch\.(\d+)\.(.+)$/.exec(key);
    const stacked = key === 'labels' ? key : /^input\.(.+)$/.exec(key)?.[1];
    if (own) put(Number(own[1]), own[2], tensor);
    else if (stacked) for (const [number, slice] of slices(tensor).entries()) put(number, stacked, slice);
  }
  if (batches.length === 0) throw new Error('it holds no batches: neither input.<name> nor batch.<number>.<name>');
  const names = [...(batches[0]?.keys() ?? [])];
  for (let number = 0; number < batches.length; number++) {
    const missing = names.find(name => !batches[number]?.has(name)) ?? (names.length ? undefined : 'tensors');
    if (missing) throw new Error(`batch ${number} has no '${missing}'`);
  }
  return batches;
}

function slices({ type, dims: [count, ...dims], data }) {
  const size = elements(dims);
  return Array.from({ length: count ?? 0 }, (_, i) => ({ type, dims, data: data.slice(i * size, (i + 1) * size) }));
}
