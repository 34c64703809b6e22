//! Looking at a run without changing it: samples of G, scores of D, in chunks of a probe's columns.

use std::borrow::Cow;

use adversaria_core::math::sigmoid;
use adversaria_kernels::program::TableValues;

use crate::compile::index;
use crate::error::EngineError;
use crate::run::{Reading, Run, feature_major, points, whole};
use crate::table::with_classes;

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
        let (told, dim) = self.with_probed_classes(program, input, dim);
        let columns = self.compiled.layout.probe_columns as usize;
        let mut job = self.job(program);
        for chunk in told.chunks(dim * columns) {
            let at = self.compiled.layout.probe_input;
            self.backend.write(at, &feature_major(chunk, dim, columns))?;
            self.run_chunk(program, chunk.len() / dim, &mut job)?;
        }
        Ok(job)
    }

    /// The points with the classes that are told about them, and the numbers of each: about x the mode that it most likely
    /// belongs to, about the ith z the class of the ith row of the table, about units of G the first class.
    fn with_probed_classes<'a>(
        &self,
        program: usize,
        input: &'a [f32],
        dim: usize,
    ) -> (Cow<'a, [f32]>, usize) {
        let Some(modes) = &self.modes else { return (input.into(), dim) };
        let classes = modes.weights.len();
        let class = |i: usize, point: &[f32]| match program {
            index::SCORE | index::UNITS_D => modes.class_of(point),
            index::UNITS_G => 0,
            _ => modes.class_of(self.table_row(i)),
        };
        (with_classes(input, dim, classes, class).into(), dim + classes)
    }

    /// The coordinates of a row of a toy's table; beyond its last the first follows.
    fn table_row(&self, number: usize) -> &[f32] {
        let dim = self.table.dim as usize;
        match &self.table.values {
            TableValues::Words(words) => &words[number % (words.len() / dim) * dim..][..dim],
            TableValues::Bytes { .. } => &[],
        }
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

    /// Waits for a probe.
    pub(crate) fn finish(&mut self, mut job: Job) -> Result<Vec<Vec<f32>>, EngineError> {
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
        Ok(self.raw_score(points)?.into_iter().map(sigmoid).collect())
    }
}
