// node run_node.mjs FOLDER ANSWER PACKAGES: every case in onnxruntime-node, on the CPU.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { runCases } from "./run_cases.mjs";

process.env.ORT_DISABLE_TELEMETRY = "1";
const [folder, answer, packages] = process.argv.slice(2);
const require = createRequire(join(packages, "node_modules", "x.js"));
const ort = require("onnxruntime-node");
const read = async (file) => {
  const bytes = await readFile(join(folder, file));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};
const write = (file, bytes) => writeFile(join(folder, file), bytes);
const cases = await runCases(ort, read, write, basename(answer), { executionProviders: ["cpu"] });
await writeFile(answer, JSON.stringify({ version: ort.env.versions.node, cases }));
