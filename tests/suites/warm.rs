//! Warm starts: the files are what their recipes make.

use adversaria_core::presets::WARM;
use adversaria_core::spec::Address;
use adversaria_engine::{Checkpoint, Run, build_table};
use adversaria_kernels::cpu::CpuBackend;

/// What each file may weigh.
const MOST_BYTES: usize = 100_000;

#[test]
fn each_file_is_the_run_of_its_recipe() {
    for warm in &WARM {
        let file = xtask::paths::root().join(format!("web/public/warm/{}.safetensors", warm.name));
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.len() <= MOST_BYTES, "{} has {} bytes", warm.name, bytes.len());
        let checkpoint = Checkpoint::parse(&bytes).unwrap();
        let spec = Address::parse(warm.address).unwrap().spec.with("backend", "cpu").unwrap();
        let wanted = spec.with("backend", "auto").unwrap();
        assert_eq!(checkpoint.spec().with("backend", "auto").unwrap(), wanted, "{}", warm.name);
        assert_eq!(checkpoint.metrics().iteration, u64::from(warm.steps), "{}", warm.name);
    }
    let kept = std::fs::read_dir(xtask::paths::root().join("web/public/warm")).unwrap().count();
    assert_eq!(kept, WARM.len(), "files without a recipe");
}

/// One of them is trained again: parameters, moments and counters come out the same, bit for bit.
#[test]
fn a_recipe_makes_its_file_again() {
    let warm = WARM.iter().find(|warm| warm.name == "ring8").unwrap();
    let file = xtask::paths::root().join("web/public/warm/ring8.safetensors");
    let bytes = std::fs::read(file).unwrap();
    let spec = Checkpoint::parse(&bytes).unwrap().spec().clone();
    let table = build_table(&spec, None).unwrap();
    let mut run = Run::new(spec, table, Box::new(CpuBackend::detect())).unwrap();
    run.advance(warm.steps).unwrap();
    assert!(
        run.checkpoint().unwrap() == bytes,
        "the file was made by another recipe or other arithmetic"
    );
}
