// The checkpoint of ONNX Runtime Training: one FlatBuffers file ('ODTC').
// The WebAssembly runtime cannot save one, so a saved checkpoint is the loaded one with other bytes in its tensors.

/** Fields by their ids in the format's tables. */
const ROOT = { version: 0, module: 1, optimizerGroups: 2 };
const MODULE = { trainable: 0, frozen: 1, nominal: 2, external: 3 };
const TENSOR = { name: 0, dims: 2, type: 3, raw: 4 };
const FLOAT = 1;

/** Parameters in the file's order: { name, dims, trainable, data }, data being a view of the file's bytes. */
export function readCheckpoint(bytes) {
  const file = new FlatBuffer(bytes);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== 'ODTC') throw new Error('this is no checkpoint: the file identifier ODTC is missing');
  const root = file.pointer(0);
  const version = file.int32Field(root, ROOT.version);
  if (version !== 2) throw new Error(`the checkpoint has version ${version}; ONNX Runtime 1.19.2 reads version 2`);
  const module = file.tableField(root, ROOT.module);
  if (!module) throw new Error('the checkpoint holds no module state');
  if (file.boolField(module, MODULE.nominal)) throw new Error('the checkpoint is nominal: it holds no values');
  if (file.boolField(module, MODULE.external)) throw new Error('the checkpoint keeps its values in another file, which the WebAssembly runtime cannot load');
  const read = trainable => tensor => ({
    name: file.stringField(tensor, TENSOR.name),
    dims: file.int64Vector(tensor, TENSOR.dims),
    float: file.int32Field(tensor, TENSOR.type) === FLOAT,
    data: file.byteVector(tensor, TENSOR.raw),
    trainable,
  });
  return [
    ...file.tableVector(module, MODULE.trainable).map(read(true)),
    ...file.tableVector(module, MODULE.frozen).map(read(false)),
  ];
}

/** A copy of a checkpoint with the values of a Map from name to Float32Array; every parameter has to be there, in its size. */
export function withParameters(bytes, values) {
  const copy = bytes.slice();
  const file = new FlatBuffer(copy);
  if (file.tableField(file.pointer(0), ROOT.optimizerGroups)) throw new Error('the checkpoint holds an optimizer state, which this runtime does not give back; start from one without');
  for (const { name, float, data } of readCheckpoint(copy)) {
    if (!float) throw new Error(`the parameter '${name}' of the checkpoint is not float32`);
    const value = values.get(name);
    if (value?.byteLength !== data.byteLength) throw new Error(`the parameter '${name}' has ${value?.length ?? 'no'} values; the checkpoint asks for ${data.byteLength / 4}`);
    data.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return copy;
}

/** Tables, vectors and strings of a FlatBuffers file; a table is known by its position. */
class FlatBuffer {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the offset stored at a position leads. */
  pointer(at) { return at + this.view.getUint32(at, true); }

  /** The position of a field, 0 where the table leaves it out. */
  field(table, id) {
    const layout = table - this.view.getInt32(table, true);
    const slot = 4 + 2 * id;
    const offset = slot < this.view.getUint16(layout, true) ? this.view.getUint16(layout + slot, true) : 0;
    return offset && table + offset;
  }

  int32Field(table, id) { const at = this.field(table, id); return at ? this.view.getInt32(at, true) : 0; }
  boolField(table, id) { const at = this.field(table, id); return at ? this.bytes[at] !== 0 : false; }
  tableField(table, id) { const at = this.field(table, id); return at && this.pointer(at); }

  byteVector(table, id) {
    const at = this.tableField(table, id);
    return at ? this.bytes.subarray(at + 4, at + 4 + this.view.getUint32(at, true)) : new Uint8Array();
  }

  stringField(table, id) { return new TextDecoder().decode(this.byteVector(table, id)); }

  int64Vector(table, id) { return this.vector(table, id, 8, at => Number(this.view.getBigInt64(at, true))); }
  tableVector(table, id) { return this.vector(table, id, 4, at => this.pointer(at)); }

  vector(table, id, size, read) {
    const at = this.tableField(table, id);
    return at ? Array.from({ length: this.view.getUint32(at, true) }, (_, i) => read(at + 4 + size * i)) : [];
  }
}
