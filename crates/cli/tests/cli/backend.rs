//! `--backend`, `--exec` and `audit --compare`: the GPU where it is asked for, and the truth about where a run happens.

use safetensors::SafeTensors;

use crate::support::Place;

const SPEC: &str = "#data=ring8&g=8&d=8&batch=20&optd=sgd:0.05&optg=sgd:0.05";

/// The words of all tensors of a checkpoint but the last loss and gradient.
fn parameters(place: &Place, folder: &str) -> Vec<f32> {
    let bytes = place.read(&format!("{folder}/checkpoint.safetensors"));
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut tensors = file.tensors();
    tensors.retain(|(name, _)| name.starts_with("generator") || name.starts_with("discriminator"));
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let word = |b: &[u8]| f32::from_le_bytes(b.try_into().expect("4 bytes"));
    tensors.iter().flat_map(|(_, view)| view.data().chunks_exact(4)).map(word).collect()
}

/// The GPU is used, and computes the same game: after 20 plain steps the weights differ in the last digits alone.
#[test]
fn a_run_on_the_gpu_is_the_same_game() {
    let place = Place::new("gpu");
    place.done(&format!("train {SPEC} --steps 20 --backend cpu --out cpu"));
    let cpu = parameters(&place, "cpu");
    assert_eq!(cpu.len(), 8 * 2 + 8 + 2 * 8 + 2 + 8 * 2 + 8 + 8 + 1);
    for (backend, exec) in [("webgpu", "dispatch"), ("gpu", "resident"), ("webgpu", "auto")] {
        let request =
            format!("train {SPEC} --steps 20 --backend {backend} --exec {exec} --out {exec}");
        if place.done_on_gpu(&request).is_none() {
            return;
        }
        let gpu = parameters(&place, exec);
        assert_eq!(gpu.len(), cpu.len());
        let off = gpu.iter().zip(&cpu).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "{exec}: {off:e}");
        assert!(gpu != cpu, "{exec}: not one word differs, as if the CPU had computed");
    }
}

#[test]
fn auto_says_where_it_computes() {
    let place = Place::new("auto");
    let output = place.run(&format!("train {SPEC} --steps 3 --out dir"));
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).expect("text");
    let told: Vec<&str> = told.lines().filter(|line| line.contains("on the CPU")).collect();
    assert!(told.len() == 1 && told[0].contains("no GPU adapter"), "{told:?}");
    let output = place.run(&format!("train {SPEC} --steps 3 --out dir --backend cpu"));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("on the CPU"));
}

#[cfg(target_os = "linux")]
#[test]
fn without_an_adapter_webgpu_fails_in_one_sentence() {
    let place = Place::new("no-adapter");
    for request in
        ["train # --steps 3 --out dir --backend gpu", "audit # --steps 3 --compare cpu dispatch"]
    {
        let told = place.refused(request, 1);
        assert!(told.contains("no GPU adapter"), "{told}");
    }
    assert!(!place.path("dir/checkpoint.safetensors").exists());
}

#[test]
fn backends_are_compared() {
    let place = Place::new("compare");
    let compare = |pair: &str| format!("audit {SPEC} --steps 15 --compare {pair}");
    let told = place.done(&compare("cpu scalar"));
    assert!(told.starts_with("agree over 30 updates; largest difference "), "{told}");
    let same = place.done(&compare("cpu cpu"));
    assert!(same.contains("largest difference 0.0e0"), "{same}");
    for pair in ["cpu gpu", "dispatch resident"] {
        if let Some(told) = place.done_on_gpu(&compare(pair)) {
            assert!(told.starts_with("agree over 30 updates"), "{pair}: {told}");
        }
    }
    let wild = "#data=ring8&g=8&d=8&loss=leastsquares&optd=sgd:50&optg=sgd:50";
    let told = place.refused(&format!("audit {wild} --steps 500 --compare cpu scalar"), 1);
    assert!(told.contains("no longer finite"), "{told}");
}
