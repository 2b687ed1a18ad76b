// Kernels in Dawn, another implementation of WebGPU than the program's, with Tint, another compiler of WGSL:
//   node dawn.mjs FOLDER found           whether the package is there; no device is asked for
//   node dawn.mjs FOLDER device          the device that kernels would run on; exit code 3 without one
//   node dawn.mjs FOLDER compile <TEXTS  what the compiler says of each text
//   node dawn.mjs FOLDER descend <JOB    what the buffers of a batch hold in the end
// FOLDER holds node_modules. tests/support/dawn.rs writes TEXTS and JOB and reads the answers, in JSON.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// A software device that Chromium brings along, for where Dawn takes none of the system's: it asks more of a driver
// than the program does, and older versions of Mesa's do not have it.
const DRIVERS = ['chromium', 'chromium-browser'].map(name => `/usr/lib/${name}/vk_swiftshader_icd.json`);
// Seconds that an answer may take.
const PATIENCE = 600;
// Segments between two looks at what is left.
const SEGMENTS = 16;

const [folder, action] = process.argv.slice(2);
const { create, globals } = await import(pathToFileURL(join(folder, 'node_modules/webgpu/index.js')));
Object.assign(globalThis, globals);
// Dawn looks at its device whenever node goes round its loop, which without a timer it would not.
setInterval(() => performance.now() > 1000 * PATIENCE && fail(`no answer in ${PATIENCE} s`), 2);

function fail(message, code = 1) {
  console.error(`dawn.mjs: ${message}`);
  process.exit(code);
}

// Instances are kept: their devices do not outlive them.
const instances = [];
const instance = options => instances[instances.push(create(options)) - 1];

// The adapter that Dawn prefers, or the software one.
async function adapter() {
  for (const driver of [null, ...DRIVERS.filter(existsSync)]) {
    if (driver) process.env.VK_ICD_FILENAMES = process.env.VK_DRIVER_FILES = driver;
    const found = await instance([]).requestAdapter();
    if (found) return found;
  }
  return fail('no device that Dawn takes', 3);
}

// Features that a text asks for.
const features = text => (text.startsWith('enable subgroups;') ? ['subgroups'] : []);

// Errors and warnings of texts, none where all is well: [{ name, line, message }]. On no device, so that nothing is
// left to a driver, and within the limits that every implementation of WebGPU grants.
async function compile(texts) {
  const requiredFeatures = [...new Set(texts.flatMap(({ text }) => features(text)))];
  const device = await (await instance(['backend=null']).requestAdapter()).requestDevice({ requiredFeatures });
  const said = [];
  for (const { name, entry, text } of texts) {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code: text });
    const { messages } = await module.getCompilationInfo();
    for (const { lineNum, message } of messages) said.push({ name, line: lineNum, message });
    const refused = await device.popErrorScope();
    if (refused) {
      if (!messages.length) said.push({ name, line: 0, message: refused.message });
      continue;
    }
    const compute = { module, entryPoint: entry };
    await device.createComputePipelineAsync({ layout: 'auto', compute })
      .catch(error => said.push({ name, line: 0, message: error.message }));
  }
  return said;
}

// Advances a batch as the program does, segment by segment, until its queue is empty or its budget spent.
async function descend(job) {
  const device = await (await adapter()).requestDevice({ requiredFeatures: features(job.text) });
  device.lost.then(({ message }) => fail(`the device is lost: ${message}`));
  ['validation', 'internal', 'out-of-memory'].forEach(filter => device.pushErrorScope(filter));
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = (bytes, more = 0) =>
    device.createBuffer({ size: Math.ceil(bytes / 16) * 16, usage: usage | more });
  const filled = (words, more) => {
    const made = buffer(4 * words.length, more);
    device.queue.writeBuffer(made, 0, new Uint32Array(words));
    return made;
  };
  const constants = filled(job.constants, GPUBufferUsage.UNIFORM);
  const data = filled(job.data, GPUBufferUsage.UNIFORM);
  const [state, control] = [filled(job.state), filled(job.control)];
  const dispatch = filled(job.dispatch, GPUBufferUsage.INDIRECT);
  const [stops, ...queues] = [8, 4, 4].map(bytes => buffer(bytes * job.runs));

  const kernel = (text, entryPoint, uses) => {
    const entries = uses.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    const group = device.createBindGroupLayout({ entries });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [group] });
    const module = device.createShaderModule({ code: text });
    return { pipeline: device.createComputePipeline({ layout, compute: { module, entryPoint } }), group };
  };
  const bound = ({ group }, buffers) => {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return device.createBindGroup({ layout: group, entries });
  };
  const [read, write] = ['read-only-storage', 'storage'];
  const uses = ['uniform', job.constant_data ? 'uniform' : read, write, write, read, write, write];
  const step = kernel(job.text, 'descend', uses);
  const next = kernel(job.schedule, 'schedule', [write, write]);
  const steps = [queues, [...queues].reverse()].map(([from, to]) =>
    bound(step, [constants, data, state, control, from, to, stops]));
  const schedule = bound(next, [control, dispatch]);

  const words = async from => {
    const staging = device.createBuffer({ size: from.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, staging, 0, from.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return [...new Uint32Array(staging.getMappedRange())];
  };
  let [left, turn] = [job.control, 0];
  while (left[job.queued] > 0 && left[job.taken] <= left[job.budget]) {
    const encoder = device.createCommandEncoder();
    for (let segment = 0; segment < SEGMENTS; segment++) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(step.pipeline);
      pass.setBindGroup(0, steps[turn]);
      pass.dispatchWorkgroupsIndirect(dispatch, 0);
      pass.setPipeline(next.pipeline);
      pass.setBindGroup(0, schedule);
      pass.dispatchWorkgroups(1);
      pass.end();
      turn = 1 - turn;
    }
    device.queue.submit([encoder.finish()]);
    left = await words(control);
  }
  const ended = { control: left, state: await words(state), stops: await words(stops) };
  for (const _ of Array(3)) {
    const error = await device.popErrorScope();
    if (error) fail(error.message);
  }
  return ended;
}

const input = () => JSON.parse(readFileSync(0, 'utf8'));
const actions = {
  found: () => null,
  device: async () => (await adapter()).info.description,
  compile: () => compile(input()),
  descend: () => descend(input()),
};
const answer = await actions[action]();
// Written to the end before node goes, also into a pipe.
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
