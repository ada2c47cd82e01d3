// Safetensors: eight bytes with the header's length, a JSON header, then the tensors' bytes.
// A tensor here is { type, dims, data }: the type as ONNX Runtime's JavaScript API names it, data a typed array.

const TYPES = {
  F32: ['float32', Float32Array],
  F64: ['float64', Float64Array],
  I64: ['int64', BigInt64Array],
  I32: ['int32', Int32Array],
  U8: ['uint8', Uint8Array],
  BOOL: ['bool', Uint8Array],
};

/** Reads a file's bytes into a Map from name to tensor. */
export function readSafetensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength >= 8 ? Number(view.getBigUint64(0, true)) : Infinity;
  if (8 + length > bytes.byteLength) throw new Error('this is no safetensors file: its header does not fit into it');
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (!(entry.dtype in TYPES)) throw new Error(`the tensor '${name}' is ${entry.dtype}; ${Object.keys(TYPES).join(', ')} are read`);
    const [type, ArrayType] = TYPES[entry.dtype];
    const [start, end] = entry.data_offsets;
    if (8 + length + end > bytes.byteLength) throw new Error(`the tensor '${name}' ends beyond the file`);
    // A copy of its own is aligned, whatever the offset in the file.
    const own = bytes.slice(8 + length + start, 8 + length + end);
    const data = new ArrayType(own.buffer, own.byteOffset, own.byteLength / ArrayType.BYTES_PER_ELEMENT);
    if (data.length !== elements(entry.shape)) throw new Error(`the tensor '${name}' has ${data.length} elements; its shape [${entry.shape}] asks for ${elements(entry.shape)}`);
    tensors.set(name, { type, dims: entry.shape, data });
  }
  return tensors;
}

/** The bytes of a file that holds the tensors of a Map. */
export function writeSafetensors(tensors, metadata = {}) {
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { type, dims, data }] of tensors) {
    const dtype = Object.keys(TYPES).find(key => TYPES[key][0] === type);
    if (!dtype) throw new Error(`the tensor '${name}' has type ${type}, which is not written`);
    header[name] = { dtype, shape: [...dims], data_offsets: [offset, offset += data.byteLength] };
  }
  let json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20); // the data start on a multiple of 8
  padded.set(json);
  const bytes = new Uint8Array(8 + padded.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(padded, 8);
  let at = 8 + padded.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

export const elements = dims => dims.reduce((product, size) => product * size, 1);
