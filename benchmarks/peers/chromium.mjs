// The headless Chromium of every run: with WebGPU in software, with the machine's GPU, or drawing without either.
import { chromium } from 'playwright-core';

// SwiftShader draws and computes in software; other sets of flags give blank pages or no adapter, without a word.
const software = ['--use-vulkan=swiftshader', '--use-angle=swiftshader'];
const flags = `--no-sandbox --disable-dev-shm-usage --enable-unsafe-webgpu --enable-features=Vulkan --disable-quic
  --no-first-run --disable-background-networking --disable-component-update --disable-sync`.split(/\s+/);

/** `hardware`: on the machine's GPU; `plain`: neither that nor one in software, which draws most frames. */
export function launch({ chromium: executablePath, hardware, plain }) {
  const more = plain ? ['--disable-gpu'] : hardware ? [] : software;
  return chromium.launch({ executablePath, args: [...flags, ...more] });
}
