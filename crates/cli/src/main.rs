//! The command line `adversaria`: the same game as in the page, headless and native.

mod args;
mod audit;
mod backend;
mod bench;
mod data;
mod diagnosis;
mod fault;
mod files;
mod folder;
mod own_rows;
mod presets;
mod report;
mod reproduce;
mod sample;
mod series;
mod spec;
mod train;

use std::io::Write as _;
use std::process::ExitCode;

use args::Request;

fn main() -> ExitCode {
    let request = match args::read(std::env::args_os()) {
        Ok(request) => request,
        Err(error) => return args::refuse(&error),
    };
    let result = match request {
        Request::Train(request) => train::train(&request),
        Request::Sample(request) => sample::sample(&request),
        Request::Audit(request) => audit::audit(&request),
        Request::Bench(request) => bench::bench(&request),
        Request::Presets(request) => presets::presets(&request),
        Request::Reproduce(request) => reproduce::reproduce(&request),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fault::show(&error),
    }
}

/// A line on standard output. A reader that has gone away is an error like any other, not a panic.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
