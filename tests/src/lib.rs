//! What the suites share: a real Chromium to look at the page with, and pictures to compare.

pub mod browser;
pub mod driver;
pub mod picture;
