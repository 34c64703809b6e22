//! The WGSL in Chromium: every module compiles without a message, and every kernel agrees with its twin on SwiftShader.

use std::collections::BTreeMap;

use adversaria_gpu::Large;
use adversaria_kernels::check::check;
use adversaria_kernels::encode::{Crew, Uses, encode, encode_table};
use adversaria_kernels::program::Op;
use adversaria_kernels::wgsl::{
    BLOCK, BLOCK_COLS, BLOCK_ROWS, DISPATCH, Module, PLAN_WORDS, QUAD, RESIDENT, TILE, TILE_SIDE,
};
use adversaria_tests::browser::Page;
use adversaria_tests::parity::{Case, FAULTS, Fault, cases, table};
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::browse_webgpu;

const THREADS: u32 = 64;
/// As the page has them in software.
const PAGE_THREADS: u32 = 4;
/// Larger arenas would take long on their way through the driver.
const MOST_WORDS: u32 = 12_000;
/// The interpreter runs the same functions as the dispatches: of its cases, one in so many.
const INTERPRETED: usize = 4;

fn words(words: &[u32]) -> String {
    STANDARD.encode(words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

/// A kernel with its constants, and what it is to do.
struct Work {
    module: &'static Module,
    entry: &'static str,
    constants: Value,
    threads: u32,
    cases: Vec<Case>,
}

impl Work {
    fn dispatch(entry: &'static str, cases: Vec<Case>) -> Self {
        let constants = json!({ "WG": THREADS, "TEAM": THREADS });
        Self { module: &DISPATCH, entry, constants, threads: THREADS, cases }
    }

    /// As the page has it made in software: four threads, and no code but what its cases need.
    fn as_on_the_page(module: &'static Module, entry: &'static str, cases: Vec<Case>) -> Self {
        let uses = cases.iter().fold(Uses::default(), |uses, case| uses.and(Uses::of(&case.op)));
        let team = if entry == "resident" { PAGE_THREADS } else { 1 };
        let constants = json!({
            "WG": PAGE_THREADS,
            "TEAM": team,
            "OPS": if entry == "resident" { uses.ops } else { 0 },
            "ACTS": uses.acts,
            "PHIS": uses.phis,
            "EPILOGUES": uses.epilogues,
        });
        Self { module, entry, constants, threads: PAGE_THREADS, cases }
    }

    /// Which of the module's bindings the entry point uses: WebGPU's automatic layout holds no others.
    fn binds(&self) -> Vec<u32> {
        let gathers = self.entry == "gather" || self.entry == "resident";
        (0..4)
            .filter(|&binding| match binding {
                2 => gathers,
                3 => self.entry == "resident",
                _ => true,
            })
            .collect()
    }

    fn groups(&self, op: &Op) -> [u32; 2] {
        match (self.entry, op) {
            ("tile", Op::Gemm { c, .. }) => {
                [c.cols.div_ceil(TILE_SIDE), c.rows.div_ceil(TILE_SIDE)]
            }
            ("block", Op::Gemm { c, .. }) => {
                [c.rows.div_ceil(BLOCK_ROWS) * c.cols.div_ceil(BLOCK_COLS), 1]
            }
            ("point_loss" | "sum_squares" | "resident", _) => [1, 1],
            _ => [3, 1],
        }
    }

    fn job(&self, case: &Case) -> Value {
        let crew = Crew { threads: self.threads, groups: 1 };
        let checked = check(&case.op, case.words).expect("a case is well formed");
        let arena: Vec<u32> = case.arena().iter().map(|x| x.to_bits()).collect();
        json!({
            "arena": words(&arena),
            "record": words(&encode(&checked, crew)),
            "table": words(&encode_table(&table())),
            "groups": self.groups(&case.op),
            "binds": self.binds(),
        })
    }

    /// The first case that is wrong, when the kernel runs from this text.
    async fn verdict(&self, page: &Page, source: &str) -> Result<Result<(), String>> {
        for part in self.cases.chunks(40) {
            let mut plan = vec![1, 1, 0, 0, 0, 64, 1, 0];
            plan.resize(PLAN_WORDS, 0);
            let work = json!({
                "source": self.module.for_browsers(source),
                "entry": self.entry,
                "constants": self.constants,
                "uniform": words(&plan),
                "jobs": part.iter().map(|case| self.job(case)).collect::<Vec<_>>(),
            });
            let answer = page.run(include_str!("kernels.js"), &[work]).await?;
            ensure!(answer["error"].is_null(), "{}: {}", self.entry, answer["error"]);
            let answers = answer["answers"].as_array().context("no answers")?;
            ensure!(answers.len() == part.len(), "{} answers", answers.len());
            for (case, answer) in part.iter().zip(answers) {
                let bytes = STANDARD.decode(answer.as_str().context("no text")?)?;
                let got: Vec<f32> = bytes
                    .chunks_exact(4)
                    .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                    .collect();
                if let Err(why) = case.judge(&got) {
                    return Ok(Err(why));
                }
            }
        }
        Ok(Ok(()))
    }
}

/// Every kernel with the cases that are its own, and the interpreter with all.
fn works() -> Vec<Work> {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.words <= MOST_WORDS).collect();
    let mut by_entry: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for case in &cases {
        let entry = DISPATCH.entries[case.op.code() as usize];
        by_entry.entry(entry).or_default().push(case.clone());
    }
    let products = by_entry["gemm"].clone();
    let mut works: Vec<Work> =
        by_entry.into_iter().map(|(entry, cases)| Work::dispatch(entry, cases)).collect();
    for deep in [[false, false], [false, true], [true, false], [true, true]] {
        let constants = json!({ "A_DEEP": deep[0].into_number(), "B_DEEP": deep[1].into_number() });
        let cases: Vec<Case> =
            products.iter().filter(|case| is_even(&case.op, deep)).cloned().collect();
        for module in [&BLOCK, &QUAD] {
            let (constants, cases) = (constants.clone(), cases.clone());
            works.push(Work { module, entry: "block", constants, threads: THREADS, cases });
        }
    }
    // Others may not be given to it: threads would share vectors.
    let owned: Vec<Case> =
        products.iter().filter(|case| owns_its_vectors(&case.op)).cloned().collect();
    let (constants, threads) = (json!({}), THREADS);
    works.push(Work { module: &TILE, entry: "tile", constants, threads, cases: owned });
    let constants = json!({ "WG": THREADS, "TEAM": THREADS });
    let few: Vec<Case> = cases.into_iter().step_by(INTERPRETED).collect();
    works.push(Work::as_on_the_page(&DISPATCH, "gemm", products));
    works.push(Work::as_on_the_page(&RESIDENT, "resident", few.clone()));
    works.push(Work { module: &RESIDENT, entry: "resident", constants, threads, cases: few });
    works
}

/// WebGPU takes overridden booleans as numbers.
trait IntoNumber {
    fn into_number(self) -> u32;
}

impl IntoNumber for bool {
    fn into_number(self) -> u32 {
        self.into()
    }
}

/// Products whose results come in fours of words.
fn owns_its_vectors(op: &Op) -> bool {
    let Op::Gemm { c, .. } = *op else { return false };
    [c.at, c.stride, c.cols].iter().all(|n| n.is_multiple_of(4))
}

/// Products that come in fours of words, with neighbours as said.
fn is_even(op: &Op, deep: [bool; 2]) -> bool {
    let Op::Gemm { a, ta, b, tb, c, .. } = *op else { return false };
    let depth = if ta { a.rows } else { a.cols };
    let fours = [a.at, a.stride, b.at, b.stride, c.at, c.stride, c.cols, depth];
    deep == [!ta, tb] && fours.iter().all(|n| n.is_multiple_of(4)) && c.rows.min(depth) >= 8
}

#[test]
fn every_module_compiles_without_a_message() {
    browse_webgpu(async |page| {
        page.open("#data=bimodal&backend=cpu").await?;
        for module in [&DISPATCH, &RESIDENT, &TILE, &BLOCK, &QUAD] {
            let said = async |source: &str| {
                let work = json!({ "source": module.for_browsers(source), "jobs": [] });
                page.run(include_str!("kernels.js"), &[work]).await
            };
            let answer = said(module.source).await?;
            let quiet = json!({ "said": [], "error": null, "answers": [] });
            ensure!(answer == quiet, "{}: {answer}", module.name);
            // A mistake is heard of.
            let wrong = module.source.replacen("return", "return not_there +", 1);
            ensure!(said(&wrong).await? != quiet, "{}: a mistake passes", module.name);
        }
        Ok(())
    });
}

#[test]
fn every_kernel_agrees_with_its_twin() {
    browse_webgpu(async |page| {
        page.open("#data=bimodal&backend=cpu").await?;
        for work in works() {
            ensure!(!work.cases.is_empty(), "{} has no case", work.entry);
            let verdict = work.verdict(&page, work.module.source).await?;
            ensure!(verdict.is_ok(), "{}: {verdict:?}", work.entry);
        }
        Ok(())
    });
}

/// One fault an op: the WGSL's text decides what Chromium computes.
#[test]
fn planted_faults_are_found() {
    browse_webgpu(async |page| {
        page.open("#data=bimodal&backend=cpu").await?;
        let mut seen = Vec::new();
        for fault in FAULTS
            .iter()
            .filter(|fault| fault.large == Large::Blocks && DISPATCH.source.contains(fault.find))
        {
            let Some(work) = works().into_iter().find(|w| w.cases.iter().all(|c| fault.touches(c)))
            else {
                continue;
            };
            if seen.contains(&fault.op) {
                continue;
            }
            seen.push(fault.op);
            let source = work.module.source.replacen(fault.find, fault.put, 1);
            let verdict = work.verdict(&page, &source).await?;
            ensure!(verdict.is_err(), "{:?} for {:?} passes", fault.put, fault.find);
        }
        ensure!(seen.len() == DISPATCH.entries.len(), "only {seen:?}");
        Ok(())
    });
}

/// One fault in the text that each of the other modules has for itself.
#[test]
fn planted_faults_are_found_in_every_module() {
    browse_webgpu(async |page| {
        page.open("#data=bimodal&backend=cpu").await?;
        for module in [&TILE, &BLOCK, &QUAD, &RESIDENT] {
            let others = [&DISPATCH, &RESIDENT, &TILE, &BLOCK];
            let others = others.into_iter().filter(|other| other.name != module.name);
            let is_own = |fault: &&Fault| {
                module.source.contains(fault.find)
                    && others.clone().all(|other| !other.source.contains(fault.find))
            };
            let fault = FAULTS.iter().find(is_own).context(module.name)?;
            let source = module.source.replacen(fault.find, fault.put, 1);
            let mut found = false;
            for mut work in works().into_iter().filter(|work| work.module.name == module.name) {
                work.cases.retain(|case| fault.touches(case));
                found |= work.verdict(&page, &source).await?.is_err();
            }
            ensure!(found, "{}: {:?} for {:?} passes", module.name, fault.put, fault.find);
        }
        Ok(())
    });
}

/// A pipeline without the code of an activation that occurs is not one that happens to be right.
#[test]
fn what_is_left_out_of_a_pipeline_is_missed() {
    browse_webgpu(async |page| {
        page.open("#data=bimodal&backend=cpu").await?;
        let products = |work: &Work| work.entry == "gemm" && work.threads == PAGE_THREADS;
        let mut work = works().into_iter().find(products).context("no such work")?;
        for constant in ["ACTS", "EPILOGUES"] {
            let whole = work.constants[constant].take();
            work.constants[constant] = json!(0);
            let verdict = work.verdict(&page, DISPATCH.source).await?;
            ensure!(verdict.is_err(), "it is right without its {constant}");
            work.constants[constant] = whole;
        }
        Ok(())
    });
}
