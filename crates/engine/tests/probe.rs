//! What a look at a run sees of p_data: samples drawn for it alone, the same for the same spec, and nothing that trains.

use adversaria_core::data::Distribution;
use adversaria_core::metrics::Judge;
use adversaria_core::spec::Address;
use adversaria_engine::{Observer, Run, build_table};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::TableValues;
use adversaria_protocol::{Layers, Stage};

const LAYERS: Layers = Layers { field: true, pulls: true, grid: true, units: true };

fn run(address: &str) -> Run {
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    Run::new(spec, table, Box::new(CpuBackend::detect())).expect("it fits")
}

/// The real points on stage, the first of those that D is asked about.
fn real(address: &str) -> Vec<f32> {
    match Observer::new(&run(address)).stage() {
        Stage::Plane { real, .. } => real,
        other => panic!("no plane: {other:?}"),
    }
}

/// A table of a few rows, whose law is known all the same.
const FEW: [&str; 4] = [
    "data=ring8&rows=20&g=8&d=8",
    "data=moons&rows=20&g=8&d=8",
    "data=drawn&rows=20&g=8&d=8",
    "data=ring8&rows=20&g=8&d=8&cond=1",
];

#[test]
fn the_probes_real_samples_are_drawn_of_p_data_and_not_of_the_table() {
    for address in FEW {
        let spec = Address::parse(address).expect("a valid address").spec;
        let seen = real(address);
        assert_eq!(seen.len(), 2 * 512, "{address}");
        let table = build_table(&spec, None).expect("a toy");
        let TableValues::Words(words) = &table.values else { panic!("a toy's are words") };
        let rows: Vec<&[f32]> =
            words.chunks_exact(table.dim as usize).map(|row| &row[..2]).collect();
        assert!(seen.chunks_exact(2).all(|point| !rows.contains(&point)), "{address}");
        // 512 samples of p_data read what chance makes of so many, and 20 rows again and again do not.
        let judge = Judge::new(&Distribution::of(&spec).expect("its law is known"));
        let of = |points: &[f32]| judge.compare(points).expect("points");
        let again: Vec<f32> = rows.iter().copied().cycle().take(512).flatten().copied().collect();
        let (drawn, rows) = (of(&seen), of(&again));
        assert!(drawn.jsd < 1.25 * drawn.bias, "{address}: {drawn:?}");
        assert!(rows.jsd > 2.0 * rows.bias, "{address}: {rows:?}");
        assert_eq!(seen, real(address), "a function of the spec");
        assert_ne!(seen, real(&format!("{address}&seed=2")), "{address}");
    }
}

#[test]
fn a_run_that_is_looked_at_trains_as_one_that_is_not() {
    for address in FEW {
        let (mut watched, mut alone) = (run(address), run(address));
        let observer = Observer::new(&watched);
        for _ in 0..5 {
            watched.advance(20).expect("it runs");
            alone.advance(20).expect("it runs");
            observer.observe(&mut watched, LAYERS, 100).expect("the CPU answers");
        }
        let [a, b] = [&mut watched, &mut alone].map(|run| run.checkpoint().expect("it reads"));
        assert_eq!(a, b, "{address}");
    }
}
