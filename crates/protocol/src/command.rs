//! What the page asks of the engine.

use serde::{Deserialize, Serialize};

/// Which part of an iteration a single step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// One D-update.
    Discriminator,
    /// One G-update.
    Generator,
    /// One whole iteration: k_D D-updates, then k_G G-updates.
    Both,
    /// The next update of an iteration, for those who watch it from update to update. Everything but another of these
    /// finishes the iteration first.
    Part,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Player {
    /// D.
    Discriminator,
    /// G.
    Generator,
}

/// Which costly parts of a 2D frame are wanted; the others come empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers {
    /// D on a grid.
    pub field: bool,
    /// The pull on each fake.
    pub pulls: bool,
    /// G's warped latent grid.
    pub grid: bool,
    /// Hidden units of both players; in 1D and 2D.
    pub units: bool,
}

/// A request. Those with an `id` are answered by exactly one [`crate::Event::Reply`] that carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Puts a new run on stage, paused at iteration 0. `spec` is an address without `#`; page keys in it are ignored.
    /// When it is refused, the run on stage goes on untouched.
    Load {
        /// For the reply.
        id: u32,
        /// The run.
        spec: String,
    },
    /// Trains until told otherwise.
    Play,
    /// Stops training; takes effect between two slices.
    Pause,
    /// Makes one step, then pauses.
    Step(Step),
    /// At most this many iterations per second; `None` is flat out.
    Pace(Option<f32>),
    /// Changes one field of the running spec (kd, kg, optd and optg as to rates, loss, reg, unroll), and logs the change.
    Change {
        /// For the reply.
        id: u32,
        /// The address key.
        field: String,
        /// Its new value, as in the address.
        value: String,
    },
    /// Pauses after this many iterations.
    Until(Option<u64>),
    /// What the frames should hold.
    Watch(Layers),
    /// That many iterations at full speed, then a reply with the metrics.
    Advance {
        /// For the reply.
        id: u32,
        /// How many.
        iterations: u64,
    },
    /// Trains one player alone while the other stands still, its rate falling from round to round, until it gets no nearer
    /// to its optimum or a bound is reached; then pauses, says so in a sentence, and replies with the metrics. Whatever else
    /// the run is told ends it where it is.
    Optimum {
        /// For the reply.
        id: u32,
        /// Who trains.
        player: Player,
    },
    /// As [`Command::Optimum`] of a new D, drawn afresh, which takes D's place: how well G's samples can be told from the
    /// data at all.
    Detector {
        /// For the reply.
        id: u32,
    },
    /// Draws from G.
    Sample {
        /// For the reply.
        id: u32,
        /// How many samples.
        count: u32,
    },
    /// D(x) of points, `[n, dim]`.
    Score {
        /// For the reply.
        id: u32,
        /// Row-major.
        points: Vec<f32>,
    },
    /// The latent points of the generated samples on stage.
    Latents {
        /// For the reply.
        id: u32,
    },
    /// G(z) of latent points, with D's word on it.
    Generate {
        /// For the reply.
        id: u32,
        /// `[n, dim of z]`
        z: Vec<f32>,
    },
    /// The training images that are nearest to these.
    Neighbours {
        /// For the reply.
        id: u32,
        /// 0 black to 255 white, `[n, height, width]`.
        images: Vec<u8>,
        /// How many of each.
        most: u32,
    },
    /// The run as a safetensors file.
    Checkpoint {
        /// For the reply.
        id: u32,
    },
    /// Puts the run of a checkpoint on stage.
    Restore {
        /// For the reply.
        id: u32,
        /// The file.
        bytes: Vec<u8>,
    },
    /// Goes back to the last state known to be finite.
    Rewind {
        /// For the reply.
        id: u32,
    },
    /// Goes to an iteration of a branch of the run, with the changes that were made before it, and waits there.
    Travel {
        /// For the reply, which comes on arrival.
        id: u32,
        /// As in [`crate::Branch`].
        branch: u32,
        /// Whole iterations; past the branch's end is its end.
        iteration: u64,
    },
    /// Rows of the user's own, in the view's coordinates. A run that names them by their digest can be loaded from now on.
    Rows {
        /// For the reply.
        id: u32,
        /// Numbers of a row: 1 or 2.
        dim: u32,
        /// `[n, dim]`
        values: Vec<f32>,
    },
    /// The user's own IDX files (already decompressed), by name.
    Images {
        /// For the reply.
        id: u32,
        /// Name and bytes of each.
        files: Vec<(String, Vec<u8>)>,
    },
}
