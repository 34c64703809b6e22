// Runs kernels on WebGPU as the executor does. `jobs` share one source, entry point and constants:
// {source, entry, constants, uniform, jobs: [{arena, record, table, groups, bytes}]}, bytes in base64.
const [work] = arguments;
return (async () => {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('there is no adapter');
  const requiredFeatures = ['subgroups'].filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures });
  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const textOf = (bytes) => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return btoa(text);
  };
  const filled = (bytes, usage) => {
    const buffer = device.createBuffer({ size: Math.ceil(bytes.length / 16) * 16, usage: usage | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  };
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: work.source });
  const said = (await module.getCompilationInfo()).messages.map((m) => `${m.lineNum}: ${m.message}`);
  const pipeline = work.entry && (await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: work.entry, constants: work.constants },
  }));
  const answers = [];
  for (const job of work.jobs) {
    const { STORAGE, COPY_SRC, UNIFORM, MAP_READ, COPY_DST } = GPUBufferUsage;
    const arena = filled(bytesOf(job.arena), STORAGE | COPY_SRC);
    const buffers = { 0: arena, 1: filled(bytesOf(job.record), STORAGE), 2: filled(bytesOf(job.table), STORAGE) };
    if (work.uniform) buffers[3] = filled(bytesOf(work.uniform), UNIFORM);
    const entries = job.binds.map((binding) => ({ binding, resource: { buffer: buffers[binding] } }));
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...job.groups);
    pass.end();
    const staging = device.createBuffer({ size: arena.size, usage: MAP_READ | COPY_DST });
    encoder.copyBufferToBuffer(arena, 0, staging, 0, arena.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    answers.push(textOf(new Uint8Array(staging.getMappedRange())));
    for (const buffer of [staging, ...Object.values(buffers)]) buffer.destroy();
  }
  const error = await device.popErrorScope();
  device.destroy();
  return { said, error: error?.message ?? null, answers };
})();
