// The declared inputs of an ONNX model: the few fields of the protobuf file that a caller of the runtime needs.

/** Element types of ONNX by number, as ONNX Runtime's JavaScript API names them. */
const ELEMENT_TYPES = { 1: 'float32', 2: 'uint8', 6: 'int32', 7: 'int64', 9: 'bool', 11: 'float64' };

/** The inputs of a model in their order: { name, type, dims }, a free dimension being its name (a string, perhaps empty). */
export function readInputs(model) {
  const graph = first(model, 7);
  if (!graph) throw new Error('this is no ONNX model: it holds no graph');
  return [...fields(graph)].filter(field => field.number === 11).map(({ value }) => {
    const tensor = first(first(value, 2) ?? new Uint8Array(), 1) ?? new Uint8Array();
    const shape = first(tensor, 2);
    return {
      name: text(first(value, 1)),
      type: ELEMENT_TYPES[Number(first(tensor, 1))] ?? 'other',
      dims: shape ? [...fields(shape)].filter(field => field.number === 1).map(({ value: dim }) => {
        const size = first(dim, 1);
        return size === undefined ? text(first(dim, 2)) : Number(size);
      }) : [],
    };
  });
}

const text = bytes => bytes ? new TextDecoder().decode(bytes) : '';

function first(bytes, number) {
  for (const field of fields(bytes)) if (field.number === number) return field.value;
  return undefined;
}

/** The fields of one protobuf message: a BigInt for a varint, the bytes for everything of a stated length. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length) throw new Error('this is no ONNX model: it ends in the middle of a field');
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    let value;
    if (kind === 0) value = varint();
    else {
      const length = kind === 2 ? Number(varint()) : kind === 1 ? 8 : kind === 5 ? 4 : -1;
      if (length < 0 || at + length > bytes.length) throw new Error('this is no ONNX model: a field of it has no end');
      value = bytes.subarray(at, at += length);
    }
    yield { number: key >>> 3, value };
  }
}
