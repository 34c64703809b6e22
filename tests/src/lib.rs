//! What the suites share: a real Chromium to look at the page with, pictures to compare, and scenes to be learned.

pub mod browser;
pub mod driver;
pub mod learning;
pub mod parity;
pub mod picture;
pub mod wire;
