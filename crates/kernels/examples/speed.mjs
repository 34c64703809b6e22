// Times the workloads of speed.rs in WebAssembly: node speed.mjs speed.wasm [part of a name]
import { readFileSync } from "node:fs";

const [file, only = ""] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(file), {});
const { prepare, run, check, name, name_len, memory } = instance.exports;
for (let i = 0; ; i++) {
  const flop = prepare(i);
  if (flop < 0) break;
  const label = Buffer.from(memory.buffer, name(), name_len()).toString();
  if (!label.includes(only)) continue;
  let times = 1;
  let best = Infinity;
  const started = performance.now();
  // Long enough for the optimising compiler to take over.
  while (performance.now() - started < 400) {
    // The processor's time, not the clock's: the machine may be busy with other things.
    const before = process.cpuUsage();
    run(times);
    const used = process.cpuUsage(before);
    const took = (used.user + used.system) / 1e3;
    best = Math.min(best, took / times);
    if (took < 5) times *= 2;
  }
  const rate = flop > 0 ? `${(flop / best / 1e6).toFixed(1).padStart(7)} GFLOP/s` : "";
  const apart = check(i);
  if (!(apart < 1e-4)) throw new Error(`${label}: simd128 is ${apart} from the scalar twin`);
  console.log(`${label.padEnd(32)} ${(best * 1e3).toFixed(2).padStart(10)} µs ${rate}`);
}
