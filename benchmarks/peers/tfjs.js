// TensorFlow.js: eager ops and its own optimisers; each backend is a chunk of its own.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { expose, makeBatches } from './measure.js';

const backends = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  },
};

function activate(x, name) {
  if (name === null) return x;
  if (name === 'relu') return tf.relu(x);
  if (name === 'tanh') return tf.tanh(x);
  return tf.leakyRelu(x, +name.slice('leaky'.length));
}

function makeNet({ widths, hidden, last }, inputs) {
  const layers = widths.map((width, i) => {
    const fanIn = i ? widths[i - 1] : inputs;
    return {
      w: tf.variable(tf.randomNormal([fanIn, width], 0, 1 / Math.sqrt(fanIn))),
      b: tf.variable(tf.zeros([width])),
      act: i + 1 < widths.length ? hidden : last,
    };
  });
  return {
    call: (x) => layers.reduce((x, { w, b, act }) => activate(tf.add(tf.matMul(x, w), b), act), x),
    variables: layers.flatMap(({ w, b }) => [w, b]),
  };
}

expose(async (backend, work) => {
  await backends[backend]();
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no ${backend} here`);
  await tf.ready();

  const [g, d] = [makeNet(work.g, work.z), makeNet(work.d, work.x)];
  const optimizer = { sgd: tf.train.sgd, adam: tf.train.adam }[work.optimizer];
  const [optimizerD, optimizerG] = [optimizer(work.lr), optimizer(work.lr)];
  const batches = makeBatches(work).map((batch) => tf.tensor(batch, [work.batch, work.x]));
  const noise = work.noise === 'uniform' ? tf.randomUniform : tf.randomNormal;
  const fake = () => g.call(noise([work.batch, work.z]));
  const real = (logits) => tf.mean(tf.softplus(tf.neg(logits)));
  const notReal = (logits) => tf.mean(tf.softplus(logits));

  let count = 0;
  let last = [];
  return {
    step() {
      tf.dispose(last);
      last = tf.tidy(() => {
        const [x, y] = [batches[count++ % batches.length], fake()];
        const lossD = optimizerD.minimize(() => tf.add(real(d.call(x)), notReal(d.call(y))), true, d.variables);
        const lossG = optimizerG.minimize(() => real(d.call(fake())), true, g.variables);
        return [lossD, lossG];
      });
    },
    losses: () => Promise.all(last.map(async (loss) => (await loss.data())[0])),
  };
});
