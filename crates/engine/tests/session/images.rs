//! Runs on images: waiting for them, and what is asked about them.

use adversaria_core::images::{ImageSet, idx_images};
use adversaria_protocol::{Command, FaultCode, Neighbour, Picture, Reply};

use crate::{SMALL, host::Host};

/// So many grey pictures as an IDX file of MNIST's shape, and their labels.
fn images(count: u32) -> ImageSet {
    let mut file = vec![0, 0, 8, 3];
    file.extend([count, 28, 28].iter().flat_map(|n| n.to_be_bytes()));
    file.extend((0..count * 784).map(|i| (i % 251) as u8));
    let labels = (0..count).map(|i| (i % 10) as u8).collect();
    ImageSet::new(idx_images(&file).expect("well formed"), labels).expect("as many labels")
}

#[test]
fn a_run_on_images_waits_for_them() {
    let mut host = Host::with(SMALL);
    host.say(Command::Load { id: 1, spec: "data=mnist&rows=40&g=8&d=8&batch=4".into() });
    host.work(10);
    assert_eq!(host.session.wants_images(), Some(40));
    assert!(host.advance(3).is_ok(), "the run on stage goes on meanwhile");
    let now = host.time.get();
    host.session.supply_images(images(30), false, now).expect("a first part");
    assert_eq!(host.session.wants_images(), Some(40));
    host.session.supply_images(images(30), true, now).expect("a second part");
    host.work(1);
    host.answer(1).expect("now it is on stage");
    assert_eq!(host.advance(3).expect("it runs").iteration, 3);
    host.work(300);
    let Picture::Images(pictures) = &host.frame().picture else { panic!("images") };
    assert_eq!((pictures.fake.len(), pictures.real_score.len()), (64 * 784, 40));
}

#[test]
fn images_that_do_not_come_are_said_not_to() {
    let mut host = Host::with(SMALL);
    host.say(Command::Load { id: 9, spec: "data=mnist".into() });
    host.session.images_failed("MNIST could not be fetched");
    host.work(1);
    assert_eq!(host.answer(9).expect_err("no images").code, FaultCode::NoData);
    assert!(host.advance(1).is_ok());
    host.say(Command::Images { id: 10, files: vec![("a".into(), vec![0, 0, 8, 3, 0])] });
    assert_eq!(host.answer(10).expect_err("cut short").code, FaultCode::BadFile);
}

/// A run on forty of these, on stage.
fn on_images(spec: &str) -> Host {
    let mut host = Host::new();
    host.say(Command::Load { id: 1, spec: format!("data=mnist&rows=40&g=8&d=8&batch=4{spec}") });
    host.session.supply_images(images(40), false, 0.0).expect("enough");
    host.answer(1).expect("it is on stage");
    host
}

fn neighbours(host: &mut Host, images: Vec<u8>, most: u32) -> Vec<Neighbour> {
    host.say(Command::Neighbours { id: 7, images, most });
    match host.answer(7) {
        Ok(Reply::Neighbours(found)) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_nearest_training_images_are_those_that_were_trained_on() {
    // Of the classes 3 and 4 alone: rows 0 to 7 are images 3, 4, 13, 14, …
    let mut host = on_images("&class=3,4");
    let set = images(40);
    let picture = |at: usize| set.picture(at).expect("it is there");
    let mut close = picture(13).to_vec();
    close[5] ^= 1;
    let asked = [picture(24), &close, picture(5)].concat();
    host.say(Command::Play);
    let found = neighbours(&mut host, asked, 2);
    assert_eq!(found.len(), 6, "two of each");
    assert_eq!((found[0].row, found[0].class, found[0].distance), (5, 4, 0.0));
    assert_eq!(found[0].pixels, picture(24));
    assert_eq!((found[2].row, found[2].class), (2, 3));
    let one_off = 1.0 / (255.0 * 28.0);
    assert!((found[2].distance - one_off).abs() < 1e-7, "{}", found[2].distance);
    assert!(found[4].distance > 0.0, "image 5 is not among those trained on");
    assert!(found.chunks(2).all(|pair| pair[0].distance <= pair[1].distance));
}

#[test]
fn what_is_generated_at_the_latents_on_stage_is_what_is_on_stage() {
    for spec in ["", "&gout=sigmoid"] {
        let mut host = on_images(spec);
        host.advance(5).expect("it runs");
        host.work(300);
        host.say(Command::Latents { id: 5 });
        let Ok(Reply::Values(z)) = host.answer(5) else { panic!("latents") };
        host.say(Command::Generate { id: 6, z });
        let Ok(Reply::Generated { x, score }) = host.answer(6) else { panic!("pictures") };
        let address = adversaria_core::spec::Address::parse(&host.scene().spec).unwrap();
        let bytes = adversaria_core::images::to_bytes(&x, address.spec.output());
        let Picture::Images(shown) = &host.frame().picture else { panic!("images") };
        assert_eq!((&bytes, &score), (&shown.fake, &shown.fake_score));
    }
}

#[test]
fn what_cannot_be_asked_about_images_is_refused() {
    let mut host = on_images("");
    let mut refusal = |command: Command| {
        host.say(command);
        let fault = host.answer(8).expect_err("it is refused");
        assert_eq!(fault.code, FaultCode::BadRequest);
        fault.message
    };
    let odd = refusal(Command::Generate { id: 8, z: vec![0.5; 3] });
    assert!(odd.contains("groups of 64"), "{odd}");
    let odd = refusal(Command::Neighbours { id: 8, images: vec![0; 785], most: 1 });
    assert!(odd.contains("groups of 784"), "{odd}");
    refusal(Command::Neighbours { id: 8, images: vec![0; 784 * 300], most: 1 });
    refusal(Command::Neighbours { id: 8, images: vec![0; 784], most: 99 });
    let mut toy = Host::with(SMALL);
    toy.say(Command::Neighbours { id: 9, images: vec![0; 784], most: 1 });
    assert!(toy.answer(9).expect_err("a toy").message.contains("learns none"));
}
