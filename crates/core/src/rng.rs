//! Random numbers as a function of where they are used: value = f(seed, stream, update number, index).
//!
//! Threefry-2x32-20 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). Nothing is
//! carried from draw to draw, so any executor can compute any value, in any order, and a run resumes from its
//! iteration number alone.

use rand::RngCore;
use rand::rand_core::impls::fill_bytes_via_next;

use crate::math::{self, Lanes, Words};

/// Threefry-2x32 with 20 rounds: two random words per key and counter. Generic, for several blocks side by side.
#[inline(always)]
pub fn threefry<W: Words>(key: [W; 2], counter: [W; 2]) -> [W; 2] {
    let keys = [key[0], key[1], key[0] ^ key[1] ^ W::splat(0x1BD1_1BDA)];
    let mut x = [counter[0].plus(keys[0]), counter[1].plus(keys[1])];
    /// Groups of four rounds and a key, written out: compilers leave such a loop rolled, and rotate by what is not known.
    macro_rules! groups {
        ($($group:literal: $($by:literal)*;)*) => {
            $($(
                x[0] = x[0].plus(x[1]);
                x[1] = x[1].rotl($by) ^ x[0];
            )*
            x[0] = x[0].plus(keys[$group % 3]);
            x[1] = x[1].plus(keys[($group + 1) % 3]).plus(W::splat($group));)*
        };
    }
    groups! {
        1: 13 15 26 6;
        2: 17 29 16 24;
        3: 13 15 26 6;
        4: 17 29 16 24;
        5: 13 15 26 6;
    }
    x
}

/// (word >> 8) · 2⁻²⁴: uniform on [0, 1), exact in f32.
#[inline(always)]
pub fn uniform01<L: Lanes>(word: L::Words) -> L {
    L::of_int(word.shr(8)) * L::splat(1.0 / 16_777_216.0)
}

/// min(⌊u · n⌋, n − 1) for the uniform u of this word: an index below `n`, 1 ≤ n < 2²⁴, in f32 arithmetic.
#[inline]
#[must_use]
pub fn index_below(word: u32, n: u32) -> u32 {
    ((uniform01::<f32>(word) * n as f32) as u32).min(n - 1)
}

/// Two independent standard normals of two words (Box & Muller 1958):
/// √(−2 ln u₁) · (cos 2πu₂, sin 2πu₂), with u₁ in (0, 1] and u₂ in [0, 1).
#[inline(always)]
pub fn normal_pair<L: Lanes>(words: [L::Words; 2]) -> (L, L) {
    let u1 = L::of_int(words[0].shr(8).plus(L::Words::splat(1))) * L::splat(1.0 / 16_777_216.0);
    let radius = (math::ln(u1) * L::splat(-2.0)).sqrt();
    let (sin, cos) = math::sin_cos_turn(uniform01::<L>(words[1]));
    (radius * cos, radius * sin)
}

/// Which draw: the key and the first counter word of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// First key word.
    pub seed: u32,
    /// Second key word: what the numbers are for.
    pub stream: u32,
    /// The update number.
    pub update: u32,
}

impl Draw {
    /// The two random words of a block.
    #[must_use]
    pub fn block(&self, block: u32) -> [u32; 2] {
        threefry([self.seed, self.stream], [self.update, block])
    }

    /// The block of `(feature, sample)` in a `[features, live]` matrix: two features share one.
    fn block_of(&self, feature: u32, sample: u32, live: u32) -> [u32; 2] {
        self.block((feature >> 1).wrapping_mul(live).wrapping_add(sample))
    }

    /// The uniform on [0, 1) at `(feature, sample)` of a matrix with `live` samples.
    #[must_use]
    pub fn uniform(&self, feature: u32, sample: u32, live: u32) -> f32 {
        uniform01(self.block_of(feature, sample, live)[(feature & 1) as usize])
    }

    /// The standard normal at `(feature, sample)` of a matrix with `live` samples.
    #[must_use]
    pub fn normal(&self, feature: u32, sample: u32, live: u32) -> f32 {
        let (even, odd) = normal_pair(self.block_of(feature, sample, live));
        if feature & 1 == 0 { even } else { odd }
    }

    /// The index below `n` for this sample: word 0 of block `sample`.
    #[must_use]
    pub fn index(&self, sample: u32, n: u32) -> u32 {
        index_below(self.block(sample)[0], n)
    }
}

/// The words of a [`Draw`]'s blocks, one after the other, as a generator for `rand` and `rand_distr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterRng {
    draw: Draw,
    next: u64,
    block: [u32; 2],
}

impl CounterRng {
    /// From the first word of the draw (seed, stream, update).
    #[must_use]
    pub fn new(seed: u32, stream: u32, update: u32) -> Self {
        Self { draw: Draw { seed, stream, update }, next: 0, block: [0; 2] }
    }

    /// Goes to word number `index` of the 2³³ there are; then they repeat.
    pub fn seek(&mut self, index: u64) {
        self.next = index;
        self.block = self.draw.block((index >> 1) as u32);
    }

    /// The number of the word that comes next.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }
}

impl RngCore for CounterRng {
    fn next_u32(&mut self) -> u32 {
        if self.next & 1 == 0 {
            self.block = self.draw.block((self.next >> 1) as u32);
        }
        let word = self.block[(self.next & 1) as usize];
        self.next += 1;
        word
    }

    fn next_u64(&mut self) -> u64 {
        let low = u64::from(self.next_u32());
        u64::from(self.next_u32()) << 32 | low
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill_bytes_via_next(self, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123's `kat_vectors`: counter, key, result.
    #[test]
    fn threefry_gives_the_published_answers() {
        let pi = ([0x243f_6a88, 0x85a3_08d3], [0x1319_8a2e, 0x0370_7344]);
        let answers = [
            ([0, 0], [0, 0], [0x6b20_0159, 0x99ba_4efe]),
            ([u32::MAX; 2], [u32::MAX; 2], [0x1cb9_96fc, 0xbb00_2be7]),
            (pi.0, pi.1, [0xc492_3a9c, 0x483d_f7a0]),
        ];
        for (counter, key, want) in answers {
            assert_eq!(threefry(key, counter), want);
        }
    }

    #[test]
    fn the_generator_seeks_and_agrees_with_the_matrix() {
        let mut rng = CounterRng::new(3, 5, 7);
        let words: Vec<u32> = (0..20).map(|_| rng.next_u32()).collect();
        for start in [0_u64, 1, 6, 13] {
            rng.seek(start);
            assert_eq!((rng.position(), rng.next_u32()), (start, words[start as usize]));
            assert_eq!(rng.next_u32(), words[start as usize + 1]);
        }
        let draw = Draw { seed: 3, stream: 5, update: 7 };
        // Feature 3, sample 2 of 4 samples: the odd word of block 1 · 4 + 2.
        assert_eq!(draw.uniform(3, 2, 4), uniform01::<f32>(words[13]));
        assert_eq!(draw.index(4, 1000), index_below(words[8], 1000));
    }

    #[test]
    fn indices_stay_below_their_bound() {
        for n in [1, 2, 3, 10_000, 60_000, (1 << 24) - 1] {
            assert_eq!((index_below(0, n), index_below(u32::MAX, n)), (0, n - 1));
        }
        let draw = Draw { seed: 1, stream: 2, update: 3 };
        let mut seen = [0_u32; 10];
        (0..10_000).for_each(|c| seen[draw.index(c, 10) as usize] += 1);
        // Binomial(10,000, 0.1): 5 standard deviations are 150.
        assert!(seen.iter().all(|&n| n.abs_diff(1000) < 150), "{seen:?}");
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let draw = Draw { seed: 9, stream: 1, update: 4 };
        let n = 100_000;
        let values: Vec<f64> =
            (0..n).map(|i| f64::from(draw.normal(i & 1, i >> 1, n / 2))).collect();
        let moment = |k: i32| values.iter().map(|x| x.powi(k)).sum::<f64>() / f64::from(n);
        // Standard errors 0.0032, 0.0045, 0.012, 0.031; five of each.
        for (k, want, bound) in [(1, 0.0, 0.016), (2, 1.0, 0.023), (3, 0.0, 0.061), (4, 3.0, 0.155)]
        {
            assert!((moment(k) - want).abs() < bound, "moment {k} is {}", moment(k));
        }
        let products: f64 = values.chunks(2).map(|p| p[0] * p[1]).sum::<f64>() / f64::from(n / 2);
        assert!(products.abs() < 0.023, "the pair is correlated: {products}");
        assert!(
            normal_pair::<f32>([0, 0]).0.is_finite() && normal_pair::<f32>([u32::MAX, 0]).0 == 0.0
        );
    }

    #[test]
    fn key_update_and_stream_each_change_every_number() {
        let first = |seed, stream, update| CounterRng::new(seed, stream, update).next_u64();
        let values = [first(1, 1, 1), first(2, 1, 1), first(1, 2, 1), first(1, 1, 2)];
        for (i, a) in values.iter().enumerate() {
            assert!(values[i + 1..].iter().all(|b| a != b));
        }
    }
}
