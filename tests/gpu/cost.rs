//! Which form is chosen for which programs, on both kinds of adapter. Needs none.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use adversaria_core::spec::Address;
use adversaria_engine::Run;
use adversaria_gpu::{Form, choose};
use adversaria_kernels::check::{CheckedProgram, check_program};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Epilogue, Mat, Op, Program, Table, TableValues};

use crate::watched::Watched;

/// A chain of products as of an update: `layers` times `[width, width] · [width, batch]`.
fn update(width: u32, batch: u32, layers: usize) -> CheckedProgram {
    let square = Mat::dense(0, width, width);
    let x = Mat::dense(width * width, width, batch);
    let y = Mat::dense(width * (width + batch), width, batch);
    let epilogue = Epilogue::None;
    let product =
        |(b, c)| Op::Gemm { a: square, ta: false, b, tb: false, c, accumulate: false, epilogue };
    let ops = (0..layers).map(|i| product(if i % 2 == 0 { (x, y) } else { (y, x) })).collect();
    let program = Program { name: "update".into(), ops };
    check_program(program, width * (width + 2 * batch)).unwrap()
}

const ADAPTERS: [bool; 2] = [false, true];

/// The updates of a run at this address.
fn updates(address: &str) -> Vec<CheckedProgram> {
    let spec = Address::parse(address).unwrap().spec;
    let (rows, dim) = (4, spec.dim());
    let values = TableValues::Words(vec![0.0; (rows * dim) as usize]);
    let seen: Rc<RefCell<Vec<Program>>> = Rc::default();
    let taken = Rc::clone(&seen);
    let look = move |_: &CpuBackend, programs: &[Program]| *taken.borrow_mut() = programs.to_vec();
    let backend = Box::new(Watched::new(CpuBackend::detect(), look));
    Run::new(spec, Arc::new(Table { rows, dim, values }), backend).unwrap();
    let all = seen.take().into_iter().filter(|program| program.name.ends_with("-update"));
    let checked: Vec<_> = all.map(|program| check_program(program, 1 << 28).unwrap()).collect();
    assert!(checked.len() >= 2, "D's and G's");
    checked
}

/// Many small ops are dear to start one by one, few large ones need all of the device: the first and the last of the
/// workloads of the benchmarks.
#[test]
fn small_updates_are_resident_and_large_ones_are_dispatched() {
    let toy2d =
        "data=gaussians&z=uniform:2&gout=tanh&g=8,8&d=8,8&batch=150&optd=sgd:0.1&optg=sgd:0.1";
    let mnist_mlp = "data=mnist&z=gaussian:64&g=256,512&d=512,256&gact=leaky:0.2&dact=leaky:0.2&gout=tanh&batch=64";
    for (address, form) in [(toy2d, Form::Resident), (mnist_mlp, Form::Dispatch)] {
        for update in updates(address) {
            for software in ADAPTERS {
                let got = choose(&[&update], software);
                assert_eq!(got, form, "{address}: {}, software: {software}", update.name);
            }
        }
    }
}

/// Each list of prices has one width from which on programs are dispatched.
#[test]
fn the_choice_turns_once_with_the_size() {
    let turns = ADAPTERS.map(|software| {
        let forms: Vec<_> =
            (1..=64_u32).map(|n| choose(&[&update(4 * n, 64, 20)], software)).collect();
        let turn = forms.iter().position(|form| *form == Form::Dispatch).unwrap();
        assert!(turn > 0, "the smallest is resident");
        assert!(forms[turn..].iter().all(|form| *form == Form::Dispatch), "{forms:?}");
        4 * (turn + 1)
    });
    println!("dispatched from width {} on a card, {} in software", turns[0], turns[1]);
    assert!(turns.iter().all(|width| (8..=128).contains(width)), "{turns:?}");
}

/// A list of programs costs what its parts cost: one large program turns it.
#[test]
fn a_list_is_chosen_for_as_a_whole() {
    let (toy, digits) = (update(8, 64, 60), update(256, 128, 60));
    for software in ADAPTERS {
        assert_eq!(choose(&[&toy, &toy], software), Form::Resident);
        assert_eq!(choose(&[&toy, &digits], software), Form::Dispatch);
    }
}
