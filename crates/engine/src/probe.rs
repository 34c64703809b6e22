//! Looking at a run without changing it: samples of G, scores of D, in chunks of a probe's columns.

use adversaria_core::math::sigmoid;

use crate::compile::index;
use crate::error::EngineError;
use crate::run::{Reading, Run, feature_major, points, whole};

/// A probe under way.
pub(crate) struct Job {
    chunks: Vec<Chunk>,
    /// Rows of each result.
    rows: Vec<usize>,
    columns: usize,
}

struct Chunk {
    reading: Reading,
    count: usize,
    words: Option<Vec<f32>>,
}

impl Run {
    /// Starts a probe on points `[n, dim]`: z for those of G, x for those of D.
    pub(crate) fn probe(&mut self, program: usize, input: &[f32]) -> Result<Job, EngineError> {
        let dim = if [index::SCORE, index::UNITS_D].contains(&program) {
            self.spec.dim()
        } else {
            self.spec.latent().dim
        } as usize;
        let columns = self.compiled.layout.probe_columns as usize;
        let mut job = self.job(program);
        for chunk in input.chunks(dim * columns) {
            let at = self.compiled.layout.probe_input;
            self.backend.write(at, &feature_major(chunk, dim, columns))?;
            self.run_chunk(program, chunk.len() / dim, &mut job)?;
        }
        Ok(job)
    }

    /// Starts drawing n samples of G, always the same ones for the same parameters.
    pub(crate) fn draw(&mut self, count: usize, averaged: bool) -> Result<Job, EngineError> {
        let program = if averaged { index::SAMPLE_AVERAGE } else { index::SAMPLE };
        let columns = self.compiled.layout.probe_columns as usize;
        let mut job = self.job(program);
        for number in 0..count.div_ceil(columns) {
            let counter = u32::try_from(number).unwrap_or(u32::MAX);
            let at = self.compiled.layout.probe_counter;
            self.backend.write(at, &[f32::from_bits(counter)])?;
            self.run_chunk(program, (count - number * columns).min(columns), &mut job)?;
        }
        Ok(job)
    }

    fn job(&self, program: usize) -> Job {
        let rows = self.compiled.results[program].iter().map(|mat| mat.rows as usize).collect();
        Job { chunks: vec![], rows, columns: self.compiled.layout.probe_columns as usize }
    }

    fn run_chunk(
        &mut self,
        program: usize,
        count: usize,
        job: &mut Job,
    ) -> Result<(), EngineError> {
        self.submit_program(program)?;
        let ranges: Vec<_> = self.compiled.results[program].iter().map(whole).collect();
        let reading = self.read(&ranges)?;
        job.chunks.push(Chunk { reading, count, words: None });
        Ok(())
    }

    /// Whether all of a probe is there.
    pub(crate) fn is_done(&mut self, job: &mut Job) -> Result<bool, EngineError> {
        for chunk in job.chunks.iter_mut().filter(|chunk| chunk.words.is_none()) {
            chunk.words = self.poll(&chunk.reading)?;
            if chunk.words.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The results `[n, rows]` of a probe, once all of it is there.
    pub(crate) fn collect(&mut self, job: &mut Job) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        if !self.is_done(job)? {
            return Ok(None);
        }
        let mut results = vec![Vec::new(); job.rows.len()];
        for chunk in &job.chunks {
            let mut words = chunk.words.as_deref().unwrap_or_default();
            for (result, &rows) in results.iter_mut().zip(&job.rows) {
                let (own, rest) = words.split_at(rows * job.columns);
                result.extend(points(own, rows, job.columns, chunk.count));
                words = rest;
            }
        }
        Ok(Some(results))
    }

    fn finish(&mut self, mut job: Job) -> Result<Vec<Vec<f32>>, EngineError> {
        loop {
            if let Some(results) = self.collect(&mut job)? {
                return Ok(results);
            }
            std::hint::spin_loop();
        }
    }

    /// n samples of G, `[n, dim]`, always the same ones for the same parameters; of the average of G when asked and
    /// there is one. Waits for them.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn sample(&mut self, count: usize, averaged: bool) -> Result<Vec<f32>, EngineError> {
        let job = self.draw(count, averaged)?;
        Ok(self.finish(job)?.swap_remove(0))
    }

    /// D(x) = σ(a(x)) of points `[n, dim]`. Waits for them.
    ///
    /// # Errors
    /// When the points are not whole or the backend fails.
    pub fn score(&mut self, points: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.check_points(points)?;
        let job = self.probe(index::SCORE, points)?;
        let raw = self.finish(job)?.swap_remove(0);
        Ok(raw.into_iter().map(sigmoid).collect())
    }

    pub(crate) fn check_points(&self, points: &[f32]) -> Result<(), EngineError> {
        let dim = self.spec.dim();
        if points.len().is_multiple_of(dim as usize) {
            return Ok(());
        }
        Err(EngineError::BadPoints { dim, count: points.len() })
    }
}
