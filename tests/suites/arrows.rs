//! Which crate may depend on which, and what it must never know. The table is the design; cargo is the witness.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// One crate's rules: the crates of this workspace it may use, and the crates from outside it must not.
struct Rule {
    name: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static str],
}

const BROWSER: &[&str] =
    &["js-sys", "leptos", "wasm-bindgen", "wasm-bindgen-futures", "web-sys", "wgpu"];
const TRAINERS: &[&str] = &["adversaria-engine", "adversaria-gpu", "adversaria-kernels", "wgpu"];
const LIBRARIES: &[&str] = &[
    "adversaria-core",
    "adversaria-engine",
    "adversaria-gpu",
    "adversaria-kernels",
    "adversaria-plot",
    "adversaria-protocol",
];

const RULES: &[Rule] = &[
    Rule { name: "adversaria-core", may: &[], never: BROWSER },
    Rule {
        name: "adversaria-kernels",
        may: &["adversaria-core"],
        never: &["futures", "tokio", "web-sys", "wgpu"],
    },
    Rule {
        name: "adversaria-gpu",
        may: &["adversaria-kernels"],
        never: &["adversaria-core", "leptos", "web-sys"],
    },
    Rule {
        name: "adversaria-engine",
        may: &["adversaria-core", "adversaria-kernels", "adversaria-protocol"],
        never: BROWSER,
    },
    Rule { name: "adversaria-protocol", may: &["adversaria-core"], never: BROWSER },
    Rule {
        name: "adversaria-plot",
        may: &["adversaria-protocol"],
        never: &["leptos", "plotters-canvas", "web-sys"],
    },
    Rule {
        name: "adversaria-worker",
        may: &[
            "adversaria-core",
            "adversaria-engine",
            "adversaria-gpu",
            "adversaria-kernels",
            "adversaria-protocol",
        ],
        never: &["leptos", "plotters", "wgpu"],
    },
    Rule { name: "adversaria-cli", may: LIBRARIES, never: &["leptos", "web-sys"] },
    Rule { name: "xtask", may: &[], never: &["leptos", "wgpu"] },
    Rule {
        name: "adversaria-web",
        may: &["adversaria-core", "adversaria-plot", "adversaria-protocol"],
        never: TRAINERS,
    },
    Rule {
        name: "adversaria-app",
        may: &["adversaria-web", "adversaria-worker"],
        never: &["leptos", "wgpu"],
    },
    Rule { name: "adversaria-tests", may: &["*"], never: &[] },
];

/// Crate, and the crates it depends on outside of its tests.
type Arrows = BTreeMap<String, Vec<String>>;

/// What the arrows break, by name.
fn broken(arrows: &Arrows) -> Vec<String> {
    let mut found = Vec::new();
    for (name, targets) in arrows {
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            found.push(format!(
                "{name} has no rule: a crate exists only where Cargo must forbid something"
            ));
            continue;
        };
        let ours = |target: &str| arrows.contains_key(target);
        let allowed = |target: &str| rule.may.contains(&target) || rule.may.contains(&"*");
        for target in targets {
            if (ours(target) && !allowed(target)) || rule.never.contains(&target.as_str()) {
                found.push(format!("{name} must not depend on {target}"));
            }
        }
    }
    found
}

fn workspace() -> Arrows {
    let root = xtask::paths::root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(root)
        .output();
    let metadata: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(&package["name"]), targets(package))).collect()
}

#[test]
fn the_arrows_are_as_designed() {
    let arrows = workspace();
    assert!(
        arrows.len() >= 10 && arrows["adversaria-engine"].len() >= 3,
        "the workspace was not read: {arrows:?}"
    );
    assert_eq!(broken(&arrows), Vec::<String>::new());
}

#[test]
fn a_planted_arrow_is_found() {
    let plant = |from: &str, to: &str| {
        let mut arrows = workspace();
        arrows.entry(from.into()).or_default().push(to.into());
        broken(&arrows)
    };
    let finds = |from: &str, to: &str| {
        let found = plant(from, to);
        assert_eq!(found, [format!("{from} must not depend on {to}")]);
    };
    finds("adversaria-web", "adversaria-engine");
    finds("adversaria-kernels", "wgpu");
    finds("adversaria-core", "adversaria-tests");
    assert_eq!(plant("adversaria-new", "serde").len(), 1);
}
