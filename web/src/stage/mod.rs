//! The middle and the right of the page: the picture of the game and its score.

pub mod canvas;
pub mod chart;
pub mod judge;
pub mod layers;
pub mod legend;
pub mod moment;
pub mod score;
pub mod series;
pub mod sight;
pub mod view;

pub use canvas::Painter;
pub use score::ScorePanel;
pub use series::Series;
pub use sight::pixel_ratio;
pub use view::StageView;
