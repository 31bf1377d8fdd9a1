// Every case of a folder in an ONNX Runtime for JavaScript, whichever `ort` is given.
// `read(file)` gives an ArrayBuffer of a file in the folder; `write(file, bytes)` stores one there.

const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array,
  float16: Uint16Array,
};

export async function runCases(ort, read, write, stem, options) {
  const cases = JSON.parse(new TextDecoder().decode(await read("manifest.json")));
  const results = [];
  for (const each of cases) {
    try {
      const session = await ort.InferenceSession.create(new Uint8Array(await read(each.file)), options);
      const runs = [];
      for (const [index, run] of each.runs.entries()) {
        const given = {};
        for (const [name, stored] of Object.entries(run.inputs)) {
          given[name] = new ort.Tensor(stored.dtype, new ARRAYS[stored.dtype](await read(stored.file)), stored.shape);
        }
        const outputs = {};
        for (const [name, value] of Object.entries(await session.run(given))) {
          const file = `${stem}.${each.file}.${index}.${name}.bin`;
          await write(file, new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength));
          outputs[name] = { dtype: value.type, shape: [...value.dims], file };
        }
        runs.push(outputs);
      }
      await session.release();
      results.push({ runs });
    } catch (error) {
      results.push({ error: String(error).slice(0, 300) });
    }
  }
  return results;
}
