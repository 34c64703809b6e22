//! Players whose parameters are given from outside, for experiments where one of them stands still and is known.

use crate::compile::index;
use crate::error::EngineError;
use crate::layout::Player;
use crate::run::Run;

impl Run {
    /// Gives G these parameters: for each layer its weights `[out, in]` row-major, then its biases. Its optimiser's state
    /// stays. Such a run is no longer a function of its spec and log alone.
    ///
    /// # Errors
    /// When there are more or fewer than G has, or the backend fails.
    pub fn give_generator(&mut self, values: &[f32]) -> Result<(), EngineError> {
        self.complete()?;
        let Player { parameters, average, .. } = self.compiled.layout.generator.clone();
        if values.len() != parameters.len as usize {
            let (needed, given) = (parameters.len, values.len());
            return Err(EngineError::BadParameters { needed, given });
        }
        for at in [Some(parameters.at), average].into_iter().flatten() {
            self.backend.write(at, values)?;
        }
        Ok(())
    }

    /// G's parameters as [`Run::give_generator`] takes them. Waits for them.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn generator_parameters(&mut self) -> Result<Vec<f32>, EngineError> {
        let parameters = self.compiled.layout.generator.parameters;
        let reading =
            self.read(std::slice::from_ref(&(parameters.at..parameters.at + parameters.len)))?;
        self.wait(&reading)
    }

    /// a(x), D's output before any sigmoid, of points `[n, dim]`. Waits for them.
    ///
    /// # Errors
    /// When the points are not whole or the backend fails.
    pub fn raw_score(&mut self, points: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.check_points(points)?;
        let job = self.probe(index::SCORE, points)?;
        Ok(self.finish(job)?.swap_remove(0))
    }
}
