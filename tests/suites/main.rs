//! Suites that no one crate can prove.
