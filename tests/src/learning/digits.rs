//! A judge of digits: an MLP trained on the real images by the same ops, its softmax made here.

use std::fs;
use std::io::Read as _;

use adversaria_core::images::ImageSet;
use adversaria_core::rng::{CounterRng, uniform01};
use adversaria_kernels::backend::{Backend, BackendError, Run};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Act, Decay, Epilogue, LANES, Mat, Op, Program, Span, tick};
use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use rand::RngCore;

use super::DIGIT_SHARE;

const PIXELS: u32 = 784;
const HIDDEN: u32 = 256;
const CLASSES: u32 = 10;
const BATCH: u32 = 128;
const EPOCHS: u32 = 5;
const RATE: f32 = 1e-3;

/// The training images and the test images, as `cargo xtask data` packs them.
///
/// # Errors
/// When a pack is missing or damaged.
pub fn load_images() -> Result<(ImageSet, ImageSet)> {
    let read = |name: &str| -> Result<ImageSet> {
        let file = xtask::paths::data()?.join(name);
        let packed = fs::read(&file).with_context(|| {
            format!("{} is not there: run cargo xtask data first", file.display())
        })?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes)?;
        Ok(ImageSet::unpack(&bytes)?)
    };
    let [first, rest, test] = xtask::data::PACKS;
    Ok((read(first)?.followed_by(&read(rest)?)?, read(test)?))
}

/// What the classifier says of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitVerdict {
    /// How often each digit is the first choice.
    pub counts: [usize; 10],
    /// Mean probability of the first choice.
    pub confidence: f64,
    /// Share of the real test images that the classifier gets right.
    pub judge_accuracy: f64,
    /// Mean probability of the first choice on the real test images.
    pub judge_confidence: f64,
}

impl DigitVerdict {
    /// Whether each digit is the first choice for at least [`DIGIT_SHARE`] of the samples.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    pub fn every_digit(&self) -> bool {
        let all = self.counts.iter().sum::<usize>() as f64;
        self.counts.iter().all(|&n| n as f64 >= DIGIT_SHARE * all)
    }
}

/// Softmax regression on 256 ReLU features: 784 → 256 → 10.
pub struct Classifier {
    parameters: Vec<f32>,
    /// Share of the test images that it gets right.
    pub accuracy: f64,
    /// Mean probability of its first choice on the test images.
    pub confidence: f64,
}

/// Where things stand in the arena.
#[derive(Clone, Copy)]
struct Places {
    first: Mat,
    first_bias: u32,
    second: Mat,
    second_bias: u32,
    parameters: Span,
    gradient: u32,
    moments: [u32; 2],
    counter: u32,
    rate: u32,
    tick: u32,
    x: Mat,
    hidden: Mat,
    logits: Mat,
    seed: Mat,
    hidden_seed: Mat,
    end: u32,
}

impl Places {
    fn new() -> Self {
        let mut next = 0;
        let mut take = |words: u32| {
            let at = next;
            next += words.next_multiple_of(LANES);
            at
        };
        let words = HIDDEN * PIXELS + HIDDEN + CLASSES * HIDDEN + CLASSES;
        let [at, gradient, m, v] = [(); 4].map(|()| take(words));
        let first_bias = at + HIDDEN * PIXELS;
        let second = first_bias + HIDDEN;
        let [counter, rate, tick] = [1, 1, tick::WORDS].map(&mut take);
        let [x, hidden, logits, seed, hidden_seed] = [PIXELS, HIDDEN, CLASSES, CLASSES, HIDDEN]
            .map(|rows| Mat::dense(take(rows * BATCH), rows, BATCH));
        Self {
            first: Mat::dense(at, HIDDEN, PIXELS),
            first_bias,
            second: Mat::dense(second, CLASSES, HIDDEN),
            second_bias: second + CLASSES * HIDDEN,
            parameters: Span { at, len: words },
            gradient,
            moments: [m, v],
            counter,
            rate,
            tick,
            x,
            hidden,
            logits,
            seed,
            hidden_seed,
            end: take(0),
        }
    }

    /// x → logits.
    fn forward(&self) -> Program {
        let layer = |weight, from, to, bias, act| Op::Gemm {
            a: weight,
            ta: false,
            b: from,
            tb: false,
            c: to,
            accumulate: false,
            epilogue: Epilogue::BiasAct { bias, act },
        };
        let ops = vec![
            layer(self.first, self.x, self.hidden, self.first_bias, Act::Relu),
            layer(self.second, self.hidden, self.logits, self.second_bias, Act::Identity),
        ];
        Program { name: "classify".into(), ops }
    }

    /// ∂L/∂logits → the gradient, and one of `steps` steps of Adam, whose rate falls to 0.
    fn backward(&self, steps: f64) -> Program {
        let to_gradient = |mat: Mat| Mat { at: mat.at - self.parameters.at + self.gradient, ..mat };
        let weight_gradient = |seed, input, weight| Op::Gemm {
            a: seed,
            ta: false,
            b: input,
            tb: true,
            c: to_gradient(weight),
            accumulate: false,
            epilogue: Epilogue::None,
        };
        let bias_gradient = |x, bias| Op::RowSum {
            x,
            out: bias - self.parameters.at + self.gradient,
            accumulate: false,
        };
        let (beta1, beta2) = (0.9, 0.999);
        let ops = vec![
            Op::Tick {
                counter: self.counter,
                rate: self.rate,
                out: self.tick,
                decay: Decay::Cosine(steps),
                beta1,
                beta2,
            },
            weight_gradient(self.seed, self.hidden, self.second),
            bias_gradient(self.seed, self.second_bias),
            Op::Gemm {
                a: self.second,
                ta: true,
                b: self.seed,
                tb: false,
                c: self.hidden_seed,
                accumulate: false,
                epilogue: Epilogue::ActGrad { y: self.hidden, act: Act::Relu },
            },
            weight_gradient(self.hidden_seed, self.x, self.first),
            bias_gradient(self.hidden_seed, self.first_bias),
            Op::Adam {
                p: self.parameters,
                g: self.gradient,
                m: self.moments[0],
                v: self.moments[1],
                tick: self.tick,
                beta1,
                beta2,
            },
        ];
        Program { name: "learn to classify".into(), ops }
    }
}

const FORWARD: Run = Run { program: 0, times: 1 };
const BACKWARD: Run = Run { program: 1, times: 1 };

/// The network at work.
struct Machine {
    at: Places,
    backend: CpuBackend,
}

impl Machine {
    fn new(steps: f64) -> Result<Self, BackendError> {
        let (at, mut backend) = (Places::new(), CpuBackend::detect());
        backend.prepare(at.end, vec![at.forward(), at.backward(steps)])?;
        Ok(Self { at, backend })
    }

    fn read(&mut self, from: u32, words: u32) -> Result<Vec<f32>, BackendError> {
        let ticket = self.backend.read(std::slice::from_ref(&(from..from + words)))?;
        loop {
            if let Some(words) = self.backend.poll(ticket)? {
                return Ok(words);
            }
        }
    }

    /// Class probabilities of at most [`BATCH`] pictures in [−1, 1], `[n, 784]`.
    fn classify(&mut self, pictures: &[f32]) -> Result<Vec<[f32; 10]>, BackendError> {
        let mut x = vec![0.0; (PIXELS * BATCH) as usize];
        for (column, picture) in pictures.chunks_exact(PIXELS as usize).enumerate() {
            for (row, value) in picture.iter().enumerate() {
                x[row * BATCH as usize + column] = *value;
            }
        }
        self.backend.write(self.at.x.at, &x)?;
        self.backend.submit(&[FORWARD], 1)?;
        let logits = self.read(self.at.logits.at, CLASSES * BATCH)?;
        let column = |c: usize| std::array::from_fn(|class| logits[class * BATCH as usize + c]);
        Ok((0..pictures.len() / PIXELS as usize).map(|c| softmax(column(c))).collect())
    }

    /// One step on a batch; the derivative of the mean cross-entropy is (p − one-hot) / n.
    fn learn(&mut self, pictures: &[f32], labels: &[u8]) -> Result<(), BackendError> {
        let mut seed = vec![0.0; (CLASSES * BATCH) as usize];
        #[expect(clippy::cast_precision_loss, reason = "a batch")]
        let share = 1.0 / labels.len() as f32;
        for (column, (p, label)) in self.classify(pictures)?.iter().zip(labels).enumerate() {
            for (class, p) in p.iter().enumerate() {
                let hit = f32::from(u8::from(usize::from(*label) == class));
                seed[class * BATCH as usize + column] = share * (p - hit);
            }
        }
        self.backend.write(self.at.seed.at, &seed)?;
        self.backend.submit(&[BACKWARD], 1)
    }
}

fn softmax(logits: [f32; 10]) -> [f32; 10] {
    let most = logits.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let exps = logits.map(|x| (x - most).exp());
    let sum: f32 = exps.iter().sum();
    exps.map(|e| e / sum)
}

/// Bytes to [−1, 1], as G with a tanh makes them.
fn scaled(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().map(|&b| f32::from(b) * (2.0 / 255.0) - 1.0).collect()
}

fn choice(p: &[f32; 10]) -> usize {
    (0..10).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap_or(0)
}

impl Classifier {
    /// Trains for five passes over real images and is then examined on the test images.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn train(images: &ImageSet, test: &ImageSet) -> Result<Self, BackendError> {
        let steps = f64::from(EPOCHS) * images.count().div_ceil(BATCH as usize) as f64;
        let mut machine = Machine::new(steps)?;
        let mut rng = CounterRng::new(1, 0xD1, 0);
        machine.backend.write(machine.at.parameters.at, &start(&machine.at, &mut rng))?;
        machine.backend.write(machine.at.rate, &[RATE])?;
        let mut order: Vec<usize> = (0..images.count()).collect();
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut rng);
            for batch in order.chunks(BATCH as usize) {
                let picture = |&i: &usize| {
                    let from = i * PIXELS as usize;
                    scaled(&images.pixels()[from..from + PIXELS as usize])
                };
                let pictures: Vec<f32> = batch.iter().flat_map(picture).collect();
                let labels: Vec<u8> = batch.iter().map(|&i| images.labels()[i]).collect();
                machine.learn(&pictures, &labels)?;
            }
        }
        let parameters = machine.read(machine.at.parameters.at, machine.at.parameters.len)?;
        let mut trained = Self { parameters, accuracy: 0.0, confidence: 0.0 };
        trained.examine(test)?;
        Ok(trained)
    }

    /// Class probabilities of pictures in [−1, 1], `[n, 784]`.
    fn classify(&self, pictures: &[f32]) -> Result<Vec<[f32; 10]>, BackendError> {
        let mut machine = Machine::new(1.0)?;
        machine.backend.write(machine.at.parameters.at, &self.parameters)?;
        let mut all = Vec::new();
        for batch in pictures.chunks((PIXELS * BATCH) as usize) {
            all.extend(machine.classify(batch)?);
        }
        Ok(all)
    }

    #[expect(clippy::cast_precision_loss, reason = "ten thousand")]
    fn examine(&mut self, test: &ImageSet) -> Result<(), BackendError> {
        let found = self.classify(&scaled(test.pixels()))?;
        let right = |(p, label): &(&[f32; 10], &u8)| choice(p) == usize::from(**label);
        let hits = found.iter().zip(test.labels()).filter(right).count();
        self.accuracy = hits as f64 / test.count() as f64;
        self.confidence = mean_confidence(&found);
        Ok(())
    }

    /// What it says of samples in [−1, 1], `[n, 784]`.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn judge(&self, samples: &[f32]) -> Result<DigitVerdict, BackendError> {
        let found = self.classify(samples)?;
        let mut counts = [0; 10];
        found.iter().for_each(|p| counts[choice(p)] += 1);
        Ok(DigitVerdict {
            counts,
            confidence: mean_confidence(&found),
            judge_accuracy: self.accuracy,
            judge_confidence: self.confidence,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn mean_confidence(found: &[[f32; 10]]) -> f64 {
    found.iter().map(|p| f64::from(p[choice(p)])).sum::<f64>() / found.len() as f64
}

/// Glorot-uniform weights, zero biases.
fn start(at: &Places, rng: &mut CounterRng) -> Vec<f32> {
    let mut values = vec![0.0; at.parameters.len as usize];
    for weight in [at.first, at.second] {
        let limit = (6.0 / f64::from(weight.rows + weight.cols)).sqrt();
        let from = (weight.at - at.parameters.at) as usize;
        for value in &mut values[from..from + (weight.rows * weight.cols) as usize] {
            #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
            let drawn = (limit * (2.0 * f64::from(uniform01::<f32>(rng.next_u32())) - 1.0)) as f32;
            *value = drawn;
        }
    }
    values
}

/// Fisher and Yates.
fn shuffle(order: &mut [usize], rng: &mut CounterRng) {
    for i in (1..order.len()).rev() {
        order.swap(i, rng.next_u32() as usize % (i + 1));
    }
}
