//! Questions that are asked again as the run goes on, one at a time.

use std::time::Duration;

use adversaria_protocol::{Command, Reply};
use leptos::prelude::*;

use crate::page::Page;

/// A question that costs the engine next to nothing may follow the last answer so soon.
pub const NO_REST: Duration = Duration::from_millis(100);

/// What one question keeps from one time to the next.
#[derive(Clone, Copy)]
struct Asker {
    page: Page,
    rest: Duration,
    under_way: StoredValue<bool>,
    wanted: StoredValue<bool>,
    fault: RwSignal<Option<String>>,
}

impl Asker {
    /// Asks, unless an answer is on its way or has just come: then later.
    fn go<Q, C>(self, question: Q, heard: impl Fn(Reply) + Copy + 'static)
    where
        Q: Fn() -> Option<C> + Copy + 'static,
        C: FnOnce(u32) -> Command + 'static,
    {
        // What was stored is gone when nobody looks any more.
        let idle = self.under_way.try_get_value() == Some(false);
        if !idle || self.wanted.try_get_value() != Some(true) {
            return;
        }
        let Some(make) = untrack(question) else { return };
        self.wanted.set_value(false);
        self.under_way.set_value(true);
        let asked_of = self.page.loads.get_value();
        self.page.ask_quietly(make, move |result| {
            match result {
                Ok(reply) => {
                    let _gone = self.fault.try_set(None);
                    heard(reply);
                }
                // Another run is on stage: the question is asked of that one anyway.
                Err(_) if self.page.loads.get_value() != asked_of => {}
                Err(fault) => {
                    let _gone = self.fault.try_set(Some(fault.message));
                }
            }
            set_timeout(
                move || {
                    let _gone = self.under_way.try_set_value(false);
                    self.go(question, heard);
                },
                self.rest,
            );
        });
    }
}

/// Asks whenever what `watch` reads changes: one question at a time, and the next no sooner than `rest` after an answer. The
/// question is made when it is asked, of what there is then. Gives why the last one had no answer.
pub fn follow<Q, C>(
    page: Page,
    rest: Duration,
    watch: impl Fn() + 'static,
    question: Q,
    heard: impl Fn(Reply) + Copy + 'static,
) -> RwSignal<Option<String>>
where
    Q: Fn() -> Option<C> + Copy + 'static,
    C: FnOnce(u32) -> Command + 'static,
{
    let asker = Asker {
        page,
        rest,
        under_way: StoredValue::new(false),
        wanted: StoredValue::new(false),
        fault: RwSignal::new(None),
    };
    Effect::new(move |_| {
        watch();
        asker.wanted.set_value(true);
        asker.go(question, heard);
    });
    asker.fault
}
