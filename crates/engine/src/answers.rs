//! What may be asked of the run on stage, and how answering begins; `owed.rs` ends it.

use adversaria_core::images::nearest;
use adversaria_kernels::program::TableValues;
use adversaria_protocol::{Neighbour, Reply};

use crate::compile::index;
use crate::error::EngineError;
use crate::files::Files;
use crate::owed::Owed;
use crate::run::Run;
use crate::stage::Stage;

/// Most samples, or points, or iterations that one request may ask for.
const MOST_SAMPLES: u64 = 1 << 20;
const MOST_ITERATIONS: u64 = 1 << 32;
/// Most images whose neighbours one request may ask for, and most neighbours of each: a search through ten thousand takes
/// some milliseconds.
const MOST_SEARCHED: u64 = 256;
const MOST_NEIGHBOURS: u64 = 16;

impl Stage {
    pub(crate) fn advance(&mut self, id: u32, iterations: u64) -> Result<Owed, EngineError> {
        at_most("iterations", iterations, MOST_ITERATIONS)?;
        self.end_pursuit();
        Ok(Owed::Advance { id, left: iterations, ending: None })
    }

    pub(crate) fn owe_sample(&mut self, id: u32, count: u32) -> Result<Owed, EngineError> {
        at_most("samples", count.into(), MOST_SAMPLES / u64::from(self.run.spec().dim()))?;
        self.alone = false;
        Ok(Owed::Sample { id, count, job: self.run.draw(count as usize, false)? })
    }

    pub(crate) fn owe_score(&mut self, id: u32, points: Vec<f32>) -> Result<Owed, EngineError> {
        self.run.check_points(&points)?;
        at_most("numbers", points.len() as u64, MOST_SAMPLES)?;
        self.alone = false;
        let job = self.run.probe(index::SCORE, &points)?;
        Ok(Owed::Score { id, points, job })
    }

    pub(crate) fn owe_checkpoint(&mut self, id: u32, files: Files) -> Result<Owed, EngineError> {
        self.alone = false;
        self.run.complete()?;
        Ok(Owed::Checkpoint { id, files, reading: self.run.read_state()? })
    }

    /// The latents of the samples on stage; known without asking the backend.
    pub(crate) fn latents(&self) -> Reply {
        Reply::Values(self.view.latents().to_vec())
    }

    pub(crate) fn owe_generated(&mut self, id: u32, z: Vec<f32>) -> Result<Owed, EngineError> {
        whole_groups(z.len(), self.run.spec().latent().dim)?;
        at_most("numbers", z.len() as u64, MOST_SAMPLES)?;
        self.alone = false;
        let job = self.run.probe(index::GENERATE, &z)?;
        Ok(Owed::Generated { id, z, job })
    }

    pub(crate) fn owe_neighbours(
        &self,
        id: u32,
        images: Vec<u8>,
        most: u32,
    ) -> Result<Owed, EngineError> {
        let dim = self.run.spec().dim();
        if self.classes.is_empty() {
            return Err(EngineError::NotImages);
        }
        whole_groups(images.len(), dim)?;
        at_most("images", images.len() as u64 / u64::from(dim), MOST_SEARCHED)?;
        at_most("neighbours", most.into(), MOST_NEIGHBOURS)?;
        Ok(Owed::Neighbours { id, images, most, found: vec![] })
    }

    /// The neighbours of one more image, after those that have been looked at; whether that was the last.
    pub(crate) fn search(&self, images: &[u8], most: u32, found: &mut Vec<Neighbour>) -> bool {
        let (size, most) = (self.run.spec().dim() as usize, most as usize);
        let TableValues::Bytes { bytes, .. } = &self.run.table.values else { return true };
        let each = most.min(self.classes.len()).max(1);
        let next = found.len() / each;
        let Some(image) = images.chunks_exact(size).nth(next).filter(|_| most > 0) else {
            return true;
        };
        found.extend(nearest(bytes, image, most).into_iter().map(|near| Neighbour {
            row: u32::try_from(near.row).unwrap_or(u32::MAX),
            class: self.classes[near.row],
            distance: near.distance,
            pixels: bytes[near.row * size..][..size].to_vec(),
        }));
        (next + 1) * size >= images.len()
    }
}

impl Run {
    pub(crate) fn check_points(&self, points: &[f32]) -> Result<(), EngineError> {
        whole_groups(points.len(), self.spec().dim())
    }
}

fn whole_groups(count: usize, dim: u32) -> Result<(), EngineError> {
    if count.is_multiple_of(dim as usize) {
        return Ok(());
    }
    Err(EngineError::BadPoints { dim, count })
}

fn at_most(what: &str, value: u64, most: u64) -> Result<(), EngineError> {
    if value <= most {
        Ok(())
    } else {
        Err(EngineError::TooMany { what: what.into(), value, most })
    }
}
