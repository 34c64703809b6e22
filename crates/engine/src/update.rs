//! The updates of Algorithm 1: what each draws, its loss, and the gradient of that.

use std::iter::once;

use adversaria_kernels::program::{Law, Mat};

use crate::compile::{Compiler, Drawing, Drawn, Part, Side};
use crate::graph::{Graph, NodeId};
use crate::lookahead::Lookahead;
use crate::lower::{Wanted, lower};
use crate::nets::{Half, Mask, Net};
use crate::penalty::{self, Place};
use crate::vocabulary::{Term, discriminator_terms, generator_term, stream};

/// Samples `[rows, padded batch]`, one for each place of a pack, with the class of each where classes are told.
#[derive(Clone)]
struct Pack {
    samples: Vec<NodeId>,
    classes: Vec<NodeId>,
}

impl Pack {
    /// What a player is given: each sample, followed by its class.
    fn inputs(&self) -> Vec<NodeId> {
        let class = |i: usize| self.classes.get(i).copied();
        let one = |(i, &x): (usize, &NodeId)| once(x).chain(class(i)).collect::<Vec<_>>();
        self.samples.iter().enumerate().flat_map(one).collect()
    }
}

/// An update as it is being written.
#[derive(Default)]
struct Draft {
    graph: Graph,
    /// Its random inputs.
    drawn: Vec<Drawing<NodeId>>,
    /// What goes to a given place.
    place: Vec<(NodeId, Mat)>,
}

impl Draft {
    fn note(&mut self, side: Option<Side>, name: &str, places: Vec<NodeId>) {
        self.drawn.push(Drawing { side, name: name.into(), places });
    }

    /// The multipliers of the dropouts that D ran with.
    fn note_masks(&mut self, side: Side, masks: Vec<Mask>) {
        for Mask { module, fake, node } in masks {
            let kind = if fake { "fake" } else { "real" };
            self.note(Some(side), &format!("mask_{kind}/{module}"), vec![node]);
        }
    }
}

/// Both players as they are trained, and D as it is applied.
struct Players {
    g: Net,
    d: Net,
    applied: Net,
}

/// An update of D with its random inputs drawn, for each place of a pack.
struct Opening {
    draft: Draft,
    players: Players,
    real: Pack,
    z: Vec<NodeId>,
    /// On generated samples.
    noise: Vec<NodeId>,
}

impl Compiler<'_> {
    pub(crate) fn update_d(&self) -> (Part, Drawn) {
        let Opening { mut draft, players, real, z, noise } = self.opening();
        let (fake, _) = Self::generated(&mut draft, &players.g, &z, &real.classes, &noise);
        self.discriminator_loss(&mut draft, &players, &real, &fake);
        self.finish("D-update", draft, &[Side::Discriminator])
    }

    pub(crate) fn update_g(&self) -> (Part, Drawn) {
        let mut draft = Draft::default();
        let players = self.players(&mut draft, false);
        let counter = self.layout.generator.slots.counter;
        let looks_ahead = self.spec.unroll() > 0;
        let real = (looks_ahead || self.spec.conditional())
            .then(|| self.real(&mut draft, Side::Generator, stream::DATA_G, counter));
        let z = self.latents(&mut draft, stream::LATENT_G, counter);
        let noise = self.noise(&mut draft, (None, "noise_fake"), stream::NOISE_FAKE_G, counter);
        let classes = real.as_ref().map_or(vec![], |real| real.classes.clone());
        let (fake, moments) = Self::generated(&mut draft, &players.g, &z, &classes, &noise);
        draft.place.extend(moments);
        let d = match real {
            Some(real) if looks_ahead => self.ahead(&mut draft, &players.d, &real, &fake),
            _ => players.applied.clone(),
        };
        self.generator_loss(&mut draft, &players.g, &d, &fake);
        self.finish("G-update", draft, &[Side::Generator])
    }

    /// One x and one z, both gradients at the same point, then both updates.
    pub(crate) fn update_both(&self) -> (Part, Drawn) {
        let Opening { mut draft, players, real, z, noise } = self.opening();
        let (for_d, _) = Self::generated(&mut draft, &players.g, &z, &real.classes, &noise);
        let (for_g, moments) = Self::generated(&mut draft, &players.g, &z, &real.classes, &noise);
        draft.place.extend(moments);
        self.discriminator_loss(&mut draft, &players, &real, &for_d);
        self.generator_loss(&mut draft, &players.g, &players.applied, &for_g);
        self.finish("simultaneous update", draft, &[Side::Discriminator, Side::Generator])
    }

    /// What both updates of D begin with.
    fn opening(&self) -> Opening {
        let mut draft = Draft::default();
        let players = self.players(&mut draft, true);
        let counter = self.layout.discriminator.slots.counter;
        let real = self.real(&mut draft, Side::Discriminator, stream::DATA, counter);
        let z = self.latents(&mut draft, stream::LATENT_D, counter);
        let noise = self.noise(&mut draft, (None, "noise_fake"), stream::NOISE_FAKE, counter);
        Opening { draft, players, real, z, noise }
    }

    /// Both nets; D's singular vectors move in its own updates.
    fn players(&self, draft: &mut Draft, moves: bool) -> Players {
        let (g, d) = self.nets(&mut draft.graph);
        let (applied, singular) = self.bounded(&mut draft.graph, &d, moves);
        draft.place.extend(singular);
        Players { g, d, applied }
    }

    /// Random rows of the table for each place of a pack, and their classes.
    fn real(&self, draft: &mut Draft, side: Side, stream: u32, counter: u32) -> Pack {
        let (dim, told) = (self.spec.dim(), self.spec.told_classes());
        let mut pack = Pack { samples: vec![], classes: vec![] };
        for place in 0..self.spec.pack() {
            let source = self.source(stream::at_place(stream, place), counter);
            let rows = draft.graph.gather(dim + told, self.padded(), self.live(), source);
            if told > 0 {
                pack.samples.push(draft.graph.band(rows, 0, dim));
                pack.classes.push(draft.graph.band(rows, dim, told));
            } else {
                pack.samples.push(rows);
            }
        }
        draft.note(Some(side), "x", pack.samples.clone());
        if told > 0 {
            draft.note(None, "c", pack.classes.clone());
        }
        pack
    }

    fn latents(&self, draft: &mut Draft, stream: u32, counter: u32) -> Vec<NodeId> {
        self.draws(draft, (None, "z"), (stream, counter), self.spec.latent().dim, self.law())
    }

    /// What is added to the samples of one kind: nothing, or noise for each place of a pack.
    #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
    fn noise(
        &self,
        draft: &mut Draft,
        named: (Option<Side>, &str),
        stream: u32,
        counter: u32,
    ) -> Vec<NodeId> {
        let Some(sigma) = self.spec.reg().noise else { return vec![] };
        let law = Law::Normal { mean: 0.0, std: sigma as f32 };
        self.draws(draft, named, (stream, counter), self.spec.dim(), law)
    }

    /// A draw for each place of a pack.
    fn draws(
        &self,
        draft: &mut Draft,
        (side, name): (Option<Side>, &str),
        (stream, counter): (u32, u32),
        rows: u32,
        law: Law,
    ) -> Vec<NodeId> {
        let draw = |place| {
            let source = self.source(stream::at_place(stream, place), counter);
            draft.graph.draw(rows, self.padded(), self.live(), source, law)
        };
        let drawn: Vec<NodeId> = (0..self.spec.pack()).map(draw).collect();
        draft.note(side, name, drawn.clone());
        drawn
    }

    /// G(z) for each place of a pack, with noise where there is some; and what BatchNorm measured of the first place, which
    /// is what running statistics follow.
    fn generated(
        draft: &mut Draft,
        g: &Net,
        z: &[NodeId],
        classes: &[NodeId],
        noise: &[NodeId],
    ) -> (Pack, Vec<(NodeId, Mat)>) {
        let class = |i: usize| classes.get(i).copied();
        let graph = &mut draft.graph;
        let mut moments = Vec::new();
        let samples = z.iter().enumerate().map(|(i, &z)| {
            let inputs: Vec<NodeId> = once(z).chain(class(i)).collect();
            let pass = g.pass(graph, &inputs, Half::OfG);
            let x = pass.out(&inputs);
            if i == 0 {
                moments = pass.moments;
            }
            with_noise(graph, x, noise.get(i))
        });
        (Pack { samples: samples.collect(), classes: classes.to_vec() }, moments)
    }

    /// Real samples as D sees them in training.
    fn seen(
        &self,
        draft: &mut Draft,
        real: &Pack,
        side: Side,
        (stream, counter): (u32, u32),
    ) -> Pack {
        let noise = self.noise(draft, (Some(side), "noise_real"), stream, counter);
        let samples = real.samples.iter().enumerate();
        let samples = samples.map(|(i, &x)| with_noise(&mut draft.graph, x, noise.get(i)));
        Pack { samples: samples.collect(), classes: real.classes.clone() }
    }

    /// D's loss, penalties included, and where its gradient goes.
    fn discriminator_loss(&self, draft: &mut Draft, players: &Players, real: &Pack, fake: &Pack) {
        let d = &self.layout.discriminator;
        let real =
            self.seen(draft, real, Side::Discriminator, (stream::NOISE_REAL, d.slots.counter));
        let trained = players.d.trained();
        let (slope, masks) =
            self.slope_of_d(&mut draft.graph, &players.applied, &trained, [&real, fake], true);
        draft.note_masks(Side::Discriminator, masks);
        let mut gradients = vec![slope];
        gradients.extend(self.penalties(draft, &players.applied, &trained, &real, fake));
        let places = Net::places(d, d.gradient, &self.inputs_of_d());
        let sums: Vec<_> =
            (0..trained.len()).map(|i| summed(&mut draft.graph, &gradients, i)).collect();
        draft.place.extend(placed(&sums, &places));
    }

    /// The gradient of D's loss on real and generated samples, without penalties, by what is trained, and the dropouts that
    /// were drawn; the loss itself goes to its word where it is wanted.
    fn slope_of_d(
        &self,
        graph: &mut Graph,
        d: &Net,
        trained: &[NodeId],
        [real, fake]: [&Pack; 2],
        with_loss: bool,
    ) -> (Vec<Option<NodeId>>, Vec<Mask>) {
        let out = self.layout.discriminator.slots.loss;
        let terms = discriminator_terms(self.spec.loss());
        let seed = |graph: &mut Graph, a: NodeId, half: usize| {
            let Term { phi, weight } = terms[half];
            if with_loss {
                graph.loss(a, self.live(), phi, weight, out, half > 0);
            }
            graph.point_grad(a, self.live(), phi, weight, 1)
        };
        // Side by side D runs once, in buffers that both are computed into. Through views of those no second derivative
        // goes, and classes are views themselves.
        if with_loss && real.classes.is_empty() {
            let pairs: Vec<(NodeId, NodeId)> =
                real.inputs().into_iter().zip(fake.inputs()).collect();
            let both: Vec<NodeId> = pairs.into_iter().map(|(x, y)| graph.beside(x, y)).collect();
            let pass = d.pass(graph, &both, Half::Both);
            let a = pass.out(&both);
            let halves = [0, 1].map(|half: u32| {
                let part = graph.columns(a, half * self.padded(), self.padded());
                seed(graph, part, half as usize)
            });
            let seed = graph.beside(halves[0], halves[1]);
            return (graph.gradient(a, seed, trained), pass.masks);
        }
        let mut masks = Vec::new();
        let mut halves = Vec::new();
        for (half, (pack, kind)) in [(real, Half::Real), (fake, Half::Fake)].into_iter().enumerate()
        {
            let inputs = pack.inputs();
            let pass = d.pass(graph, &inputs, kind);
            let a = pass.out(&inputs);
            let seed = seed(graph, a, half);
            halves.push(graph.gradient(a, seed, trained));
            masks.extend(pass.masks);
        }
        ((0..trained.len()).map(|i| summed(graph, &halves, i)).collect(), masks)
    }

    /// The gradients of what is added to D's loss.
    #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
    fn penalties(
        &self,
        draft: &mut Draft,
        d: &Net,
        trained: &[NodeId],
        real: &Pack,
        fake: &Pack,
    ) -> Vec<Vec<Option<NodeId>>> {
        let mut gradients = Vec::new();
        let reg = self.spec.reg();
        let (live, loss) = (self.live(), self.layout.discriminator.slots.loss);
        if let Some(gamma) = reg.r1 {
            let inputs = real.inputs();
            let place = Place { inputs: &inputs, samples: &real.samples, trained, live, loss };
            gradients.push(penalty::r1(&mut draft.graph, d, &place, gamma as f32));
        }
        if let Some(lambda) = reg.gp {
            let law = Law::Uniform { lo: 0.0, hi: 1.0 };
            let source = self.source(stream::BETWEEN, self.layout.discriminator.slots.counter);
            let graph = &mut draft.graph;
            let eps = graph.draw(1, self.padded(), live, source, law);
            let pairs = real.samples.iter().zip(&fake.samples);
            let samples = pairs.map(|(&x, &y)| penalty::between(graph, eps, x, y)).collect();
            let mixed = Pack { samples, classes: real.classes.clone() };
            let inputs = mixed.inputs();
            let place = Place { inputs: &inputs, samples: &mixed.samples, trained, live, loss };
            gradients.push(penalty::gp(graph, d, &place, lambda as f32));
            draft.note(Some(Side::Discriminator), "eps", vec![eps]);
        }
        gradients
    }

    /// D after so many more steps of its own on these samples.
    fn ahead(&self, draft: &mut Draft, d: &Net, real: &Pack, fake: &Pack) -> Net {
        let counter = self.layout.generator.slots.counter;
        let real = self.seen(draft, real, Side::Generator, (stream::NOISE_REAL_G, counter));
        let graph = &mut draft.graph;
        let player = &self.layout.discriminator;
        let mut lookahead = Lookahead::new(graph, self.spec, player, &self.inputs_of_d());
        let mut d = d.clone();
        for _ in 0..self.spec.unroll() {
            let trained = d.trained();
            let (applied, _) = self.bounded(graph, &d, false);
            let (gradient, _) = self.slope_of_d(graph, &applied, &trained, [&real, fake], false);
            d = d.with_trained(&lookahead.step(graph, &trained, &gradient));
        }
        self.bounded(graph, &d, false).0
    }

    /// G's loss, and where its gradient goes.
    fn generator_loss(&self, draft: &mut Draft, g: &Net, d: &Net, fake: &Pack) {
        let player = &self.layout.generator;
        let graph = &mut draft.graph;
        let inputs = fake.inputs();
        let pass = d.pass(graph, &inputs, Half::OfG);
        let a = pass.out(&inputs);
        let Term { phi, weight } = generator_term(self.spec.loss());
        graph.loss(a, self.live(), phi, weight, player.slots.loss, false);
        let seed = graph.point_grad(a, self.live(), phi, weight, 1);
        let gradient = graph.gradient(a, seed, &g.trained());
        let places = Net::places(player, player.gradient, &self.inputs_of_g());
        draft.place.extend(placed(&gradient, &places));
        draft.note_masks(Side::Generator, pass.masks);
    }

    /// The program. Inputs that only audits read are kept only for them: a buffer kept alive costs cache.
    fn finish(&self, name: &str, draft: Draft, sides: &[Side]) -> (Part, Drawn) {
        let Draft { graph, drawn, place } = draft;
        let drawn = if self.record { drawn } else { vec![] };
        let keep: Vec<NodeId> = drawn.iter().flat_map(|drawing| drawing.places.clone()).collect();
        let wanted = Wanted { place: &place, keep: &keep, base: self.layout.transient };
        let lowered = lower(&graph, &wanted);
        let kept = |Drawing { side, name, places }: Drawing<NodeId>| Drawing {
            side,
            name,
            places: places.iter().map(|id| lowered.kept[id]).collect(),
        };
        let drawn = drawn.into_iter().map(kept).collect();
        (self.update(name, lowered, sides), drawn)
    }
}

fn with_noise(graph: &mut Graph, x: NodeId, noise: Option<&NodeId>) -> NodeId {
    noise.map_or(x, |&noise| graph.add(x, noise))
}

/// The sum of the ith of several gradients, of those that there are.
fn summed(graph: &mut Graph, gradients: &[Vec<Option<NodeId>>], i: usize) -> Option<NodeId> {
    let parts: Vec<NodeId> = gradients.iter().filter_map(|gradient| gradient[i]).collect();
    (!parts.is_empty()).then(|| graph.sum(&parts))
}

/// Pairs gradients with their places. Every parameter has one.
pub(crate) fn placed(gradient: &[Option<NodeId>], places: &[Mat]) -> Vec<(NodeId, Mat)> {
    gradient.iter().zip(places).filter_map(|(id, &mat)| id.map(|id| (id, mat))).collect()
}
