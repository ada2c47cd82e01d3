// What the runtime's C++ code throws arrives as a bare number: the address of the exception in WebAssembly memory.
// Its text lies there too, so the memory is kept in sight and the text is read from it.

let memory;

/** Has to be called before the runtime is loaded: from then on its memory is known here. */
export function watchMemory() {
  const Memory = WebAssembly.Memory;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor) {
      super(descriptor);
      memory ??= this;
    }
  };
}

/** Runs one call of the runtime; a failure says which call it was, on which file, and why, as far as that is known. */
export async function readable(call, run) {
  try {
    return await run();
  } catch (error) {
    const why = typeof error === 'number' ? textOf(error) ?? `C++ exception at ${error}, without a text` : error.message;
    throw new Error(`ONNX Runtime failed in ${call}: ${essence(why)}`, { cause: error });
  }
}

/** Runs what reads a file; its errors name the file. */
export function named(file, read) {
  try {
    return read();
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error instanceof RangeError ? 'it ends before what it announces' : error.message;
    throw new Error(`${file}: ${why}`, { cause: error });
  }
}

/** A message of the runtime on one line, without the places in its source that it begins with. */
const essence = text => text.replace(/^.*(ERROR_MESSAGE:|(?=\[ONNXRuntimeError\]))/s, '').replace(/\s+/g, ' ').trim() || text;

/** The longest text that the exception object points to: its message. The object's own layout is the compiler's affair. */
function textOf(address) {
  if (!memory) return undefined;
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  let longest;
  for (let at = address; at < address + 96 && at + 4 <= bytes.length; at += 4) {
    const candidate = printable(bytes, view.getUint32(at, true));
    if (candidate && candidate.length > (longest?.length ?? 0)) longest = candidate;
  }
  return longest;
}

function printable(bytes, start) {
  const limit = Math.min(start + 4096, bytes.length);
  let end = start;
  while (end < limit && (bytes[end] >= 0x20 || bytes[end] === 0x0a || bytes[end] === 0x09)) end++;
  if (start < 1024 || end - start < 8 || bytes[end] !== 0) return undefined;
  return new TextDecoder().decode(bytes.slice(start, end));
}
