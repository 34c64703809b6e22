//! Why a figure could not be drawn.

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlotError {
    /// The canvas or file said no.
    #[error("the figure could not be drawn: {0}")]
    Backend(String),
    /// A picture of one kind came with the scene of another.
    #[error("the picture does not belong to the scene: one is {picture}, the other {stage}")]
    Mismatch {
        /// The picture's kind.
        picture: &'static str,
        /// The scene's kind.
        stage: &'static str,
    },
}

impl PlotError {
    pub(crate) fn backend(error: impl std::fmt::Display) -> Self {
        Self::Backend(error.to_string())
    }
}
