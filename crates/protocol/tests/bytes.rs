//! Messages as bytes: they come back as they went, and a stale or damaged one is told apart before it is believed.

use adversaria_protocol::{
    Branch, Chance, Command, Diagnosis, Evaluation, Event, Fault, FaultCode, Frame, Layers,
    Metrics, Neighbour, PROTOCOL_VERSION, Picture, Plane, Player, ProtocolError, Reply, Scene,
    Stage, Standing, Step, Trail, UnitLayer, Units, decode, encode,
};

fn commands() -> Vec<Command> {
    vec![
        Command::Load { id: 1, spec: "v=1&data=ring8".into() },
        Command::Play,
        Command::Pause,
        Command::Step(Step::Generator),
        Command::Step(Step::Part),
        Command::Pace(Some(2.5)),
        Command::Change { id: 2, field: "kd".into(), value: "3".into() },
        Command::Until(Some(1 << 40)),
        Command::Watch(Layers { field: true, pulls: false, grid: true, units: false }),
        Command::Advance { id: 3, iterations: 1000 },
        Command::Sample { id: 4, count: 5 },
        Command::Score { id: 5, points: vec![0.5, -0.25] },
        Command::Optimum { id: 15, player: Player::Generator },
        Command::Detector { id: 16 },
        Command::Latents { id: 12 },
        Command::Generate { id: 13, z: vec![1.5] },
        Command::Neighbours { id: 14, images: vec![0, 255], most: 3 },
        Command::Checkpoint { id: 6 },
        Command::Restore { id: 7, bytes: vec![1, 2, 255] },
        Command::Rewind { id: 8 },
        Command::Travel { id: 10, branch: 1, iteration: 500 },
        Command::Rows { id: 11, dim: 2, values: vec![0.5, -0.25] },
        Command::Images { id: 9, files: vec![("a".into(), vec![0, 8])] },
    ]
}

fn events() -> Vec<Event> {
    let evaluation = Evaluation {
        iteration: 9,
        samples: 10_000,
        dim: 2,
        bins: 900,
        bin_width: 0.0625,
        finest: 0.03125,
        unseen: 0.015625,
        jsd: 0.25,
        bias: 0.125,
        kl_data_model: 1.5,
        kl_model_data: 0.5,
        value_optimal: -0.75,
        value: -1.0,
        total_variation: 0.125,
        wasserstein: 0.0625,
        mmd2: -0.5,
        bandwidth: 0.75,
        chance: Some(Chance {
            jsd: (0.5, 0.25),
            kl_data_model: (7.0, 8.0),
            kl_model_data: (9.0, 10.0),
            total_variation: (1.0, 2.0),
            wasserstein: (3.0, 4.0),
            mmd2: (5.0, 6.0),
        }),
        modes: Some((7, 8)),
        quality: Some(0.875),
    };
    let metrics = Metrics {
        iteration: 10,
        updates_d: 20,
        updates_g: 10,
        loss_d: 1.25,
        loss_g: 0.5,
        mean_loss_d: 1.0,
        mean_loss_g: 0.75,
        grad_norm_d: 2.0,
        grad_norm_g: 4.0,
        value: -1.5,
        score_real: 0.5,
        score_fake: 0.25,
        norm_minimax: 0.125,
        norm_nonsaturating: 1.5,
        evaluation: Some(evaluation),
    };
    let plane = Plane {
        fake: vec![1.0],
        average: vec![],
        pulls: vec![2.0],
        field: vec![0.5],
        grid: vec![],
    };
    let fault =
        Fault { code: FaultCode::Diverged, message: "It stopped.".into(), can_rewind: true };
    let stage = Stage::Line { x: vec![0.0, 1.0], p_data: vec![0.5, 0.25] };
    vec![
        Event::Ready,
        Event::Staged(Box::new(Scene {
            spec: "v=1".into(),
            parameters_g: 114,
            parameters_d: 105,
            backend: "cpu".into(),
            adapter: "simd128".into(),
            metrics: metrics.clone(),
            stage,
        })),
        Event::Frame(Box::new(Frame {
            standing: Standing::Playing,
            spec: "v=1".into(),
            metrics: metrics.clone(),
            rate: 60.0,
            part: 1,
            units: Some(Units {
                discriminator: vec![UnitLayer {
                    width: 64,
                    largest: 0.5,
                    fields: vec![1, 128, 255],
                    weights: vec![-0.5],
                }],
                generator: vec![],
            }),
            diagnosis: Some(Box::new(Diagnosis {
                name: "mode-collapse".into(),
                sentence: "Few modes.".into(),
                evidence: vec!["modes = 2".into()],
                advice: Some(("kg".into(), "1".into())),
                span: (5, 10),
            })),
            picture: Picture::Plane(plane),
        })),
        Event::Reply { id: 3, result: Ok(Reply::Metrics(metrics)) },
        Event::Reply {
            id: 13,
            result: Ok(Reply::Generated { x: vec![0.5, 1.0], score: vec![0.25] }),
        },
        Event::Reply {
            id: 14,
            result: Ok(Reply::Neighbours(vec![Neighbour {
                row: 7,
                class: 3,
                distance: 0.25,
                pixels: vec![0, 128],
            }])),
        },
        Event::Reply { id: 4, result: Err(fault.clone()) },
        Event::Fault(fault),
        Event::Notice("Something.".into()),
        Event::Progress { what: "MNIST".into(), done: 1, total: 2 },
        Event::Trail(Trail {
            branches: vec![Branch {
                number: 1,
                parent: Some((0, 500)),
                end: 900,
                changes: vec![(500, "kd=5".into())],
            }],
            current: 1,
            begin: 0,
            most_bytes: 1 << 26,
            forgotten: vec![],
        }),
        Event::Moved { backend: "webgpu".into(), adapter: "llvmpipe, software".into() },
    ]
}

#[test]
fn messages_come_back_as_they_went() {
    for command in commands() {
        assert_eq!(decode::<Command>(&encode(&command).unwrap()), Ok(command));
    }
    for event in events() {
        assert_eq!(decode::<Event>(&encode(&event).unwrap()), Ok(event));
    }
}

/// FNV-1a over all the messages above. When it changes, so have the bytes: raise `PROTOCOL_VERSION`, then this.
#[test]
fn the_bytes_are_those_of_this_version() {
    let commands = commands().iter().flat_map(|c| encode(c).unwrap()).collect::<Vec<u8>>();
    let events = events().iter().flat_map(|e| encode(e).unwrap()).collect::<Vec<u8>>();
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let digest = commands.iter().chain(&events).fold(0xcbf2_9ce4_8422_2325, fold);
    assert_eq!((PROTOCOL_VERSION, digest), (9, 13_180_462_717_271_910_810));
}

#[test]
fn another_version_is_named_whatever_follows() {
    let theirs = PROTOCOL_VERSION + 1;
    let mut bytes = encode(&Command::Play).unwrap();
    bytes[..4].copy_from_slice(&theirs.to_le_bytes());
    let error = ProtocolError::Version { ours: PROTOCOL_VERSION, theirs };
    assert_eq!(decode::<Command>(&bytes), Err(error.clone()));
    assert_eq!(decode::<Event>(&bytes[..4]), Err(error));
}

#[test]
fn damaged_bytes_are_refused() {
    for event in events() {
        let bytes = encode(&event).unwrap();
        for cut in 0..bytes.len() {
            assert!(
                matches!(decode::<Event>(&bytes[..cut]), Err(ProtocolError::Damaged(_))),
                "{cut} of {event:?}"
            );
        }
    }
    let mut bytes = encode(&Event::Ready).unwrap();
    bytes[4] = 250;
    assert!(matches!(decode::<Event>(&bytes), Err(ProtocolError::Damaged(_))));
}
