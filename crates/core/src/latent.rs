//! Between latent points: mixtures that are as likely under the latent's law as what they are mixed of.

use crate::spec::LatentLaw;

/// The mixture of latents, each `[dim]`, by weights that are not negative and not all 0. Under a normal law the weights
/// are brought to length 1, so that a mixture of independent normal vectors is normal again (the plain mean of two has half
/// their variance, and G was never asked for such z); under a uniform one they sum to 1.
#[must_use]
pub fn mix(law: LatentLaw, corners: &[&[f32]], weights: &[f32]) -> Vec<f32> {
    let size = match law {
        LatentLaw::Uniform => weights.iter().sum(),
        LatentLaw::Gaussian => weights.iter().map(|w| w * w).sum::<f32>().sqrt(),
    };
    let mut mixed = vec![0.0; corners.first().map_or(0, |corner| corner.len())];
    for (corner, weight) in corners.iter().zip(weights) {
        for (to, from) in mixed.iter_mut().zip(*corner) {
            *to += weight / size * from;
        }
    }
    mixed
}

/// Weights of a square's four corners at a place from 0 to 1 from the left and from the top: top left, top right,
/// bottom left, bottom right.
#[must_use]
pub fn square((right, down): (f32, f32)) -> [f32; 4] {
    let (left, up) = (1.0 - right, 1.0 - down);
    [left * up, right * up, left * down, right * down]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::CounterRng;
    use rand::RngCore as _;

    #[test]
    fn corners_are_themselves() {
        let corners = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.25], [-2.0, 1.0]];
        let all: Vec<&[f32]> = corners.iter().map(|corner| &corner[..]).collect();
        let places = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        for law in [LatentLaw::Uniform, LatentLaw::Gaussian] {
            for (place, corner) in places.into_iter().zip(corners) {
                assert_eq!(mix(law, &all, &square(place)), corner);
            }
        }
    }

    #[test]
    fn a_mixture_of_normal_vectors_has_their_variance() {
        let mut rng = CounterRng::new(7, 1, 0);
        // Sums of twelve uniform numbers.
        let mut normal = || -> f32 {
            (0..12).map(|_| rng.next_u32() as f32 / u32::MAX as f32).sum::<f32>() - 6.0
        };
        let corners: Vec<Vec<f32>> =
            (0..4).map(|_| (0..20_000).map(|_| normal()).collect()).collect();
        let all: Vec<&[f32]> = corners.iter().map(|corner| &corner[..]).collect();
        for place in [(0.5, 0.5), (0.2, 0.9), (0.5, 0.0)] {
            let mixed = mix(LatentLaw::Gaussian, &all, &square(place));
            let variance = mixed.iter().map(|z| z * z).sum::<f32>() / mixed.len() as f32;
            assert!((variance - 1.0).abs() < 0.05, "{variance} at {place:?}");
        }
    }

    #[test]
    fn a_mixture_of_uniform_vectors_stays_within_their_cube() {
        let mixed = mix(LatentLaw::Uniform, &[&[1.0, -1.0], &[1.0, 0.5]], &[3.0, 1.0]);
        assert_eq!(mixed, [1.0, -0.625]);
    }
}
