//! A host whose program comes in parts: commands about checkpoints wait for the part that reads and writes them.

use adversaria_engine::{Files, Offer, Session};
use adversaria_protocol::{Command, Event, Fault, Reply};

/// A session with a run on stage, which cannot read or write checkpoints yet.
fn session() -> Session {
    let mut session = Session::without_files(Box::new(|_| Some(Offer::cpu("test".into()))));
    session.handle(Command::Load { id: 1, spec: "data=bimodal&g=4&d=4&batch=8".into() }, 0.0);
    assert!(matches!(answer(&mut session, 1), Some(Ok(Reply::Done))));
    assert!(!session.wants_files(), "nobody has asked for a checkpoint");
    session
}

/// The answer to this command after some turns, if there is one.
fn answer(session: &mut Session, wanted: u32) -> Option<Result<Reply, Fault>> {
    let mut events = Vec::new();
    for turn in 0..20 {
        session.work(&|| f64::from(turn));
        events.extend(session.take_events());
    }
    events.into_iter().find_map(|event| match event {
        Event::Reply { id, result } if id == wanted => Some(result),
        _ => None,
    })
}

#[test]
fn a_checkpoint_waits_and_what_comes_after_it_too() {
    let mut session = session();
    session.handle(Command::Checkpoint { id: 2 }, 0.0);
    session.handle(Command::Sample { id: 3, count: 4 }, 0.0);
    assert!(session.wants_files());
    assert!(answer(&mut session, 2).is_none() && answer(&mut session, 3).is_none());
    session.bring_files(Ok(Files::new()), 0.0);
    assert!(!session.wants_files());
    let Some(Ok(Reply::Bytes(file))) = answer(&mut session, 2) else { panic!("no file") };
    session.handle(Command::Restore { id: 4, bytes: file }, 0.0);
    assert!(matches!(answer(&mut session, 4), Some(Ok(Reply::Done))));
}

#[test]
fn a_cpu_that_does_not_come_refuses_no_checkpoint() {
    let mut session = session();
    session.handle(Command::Checkpoint { id: 2 }, 0.0);
    session.no_cpu("the network is down", 0.0);
    assert!(session.wants_files() && answer(&mut session, 2).is_none());
    session.bring_files(Ok(Files::new()), 0.0);
    assert!(matches!(answer(&mut session, 2), Some(Ok(Reply::Bytes(_)))));
}

#[test]
fn without_that_part_there_is_a_sentence_and_the_rest_goes_on() {
    let mut session = session();
    session.handle(Command::Restore { id: 2, bytes: vec![1, 2, 3] }, 0.0);
    session.handle(Command::Sample { id: 3, count: 4 }, 0.0);
    session.bring_files(Err("the server did not answer".into()), 0.0);
    let mut refused = None;
    let mut sampled = false;
    session.work(&|| 1.0);
    for event in session.take_events() {
        match event {
            Event::Reply { id: 2, result: Err(fault) } => refused = Some(fault.message),
            Event::Reply { id: 3, result: Ok(Reply::Values(values)) } => {
                sampled = values.len() == 4;
            }
            _ => {}
        }
    }
    assert!(refused.is_some_and(|why| why.contains("did not answer")), "no sentence");
    assert!(sampled, "what came after it was lost");
    // Asked again, it is fetched again.
    session.handle(Command::Checkpoint { id: 5 }, 0.0);
    assert!(session.wants_files());
}
