//! The account against a model that is too simple to be wrong.

use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use super::{HOUR_MS, START_MS, create, lookup, ticket};
use crate::sandbox::state::{Settings, State};

/// What the property test does to an account.
#[derive(Clone, Debug)]
enum Step {
    Create { key: Option<u8>, body: u8 },
    Wait { minutes: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (proptest::option::of(0..3u8), 0..2u8).prop_map(|(key, body)| Step::Create { key, body }),
        1 => (0..90i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

proptest! {
    #[test]
    fn there_are_as_many_tickets_as_a_naive_model_says(
        steps in proptest::collection::vec(step(), 0..60),
        failures_cached in any::<bool>(),
    ) {
        let mut state = State::new(Settings { failures_cached, ..Settings::default() });
        let mut now_ms = START_MS;
        // Every first use ever, the newest last: slow, and too simple to be wrong.
        let mut uses: Vec<(u8, u8, i64, Vec<u8>)> = Vec::new();
        let mut tickets = 0;
        for step in steps {
            let Step::Create { key, body } = step else {
                let Step::Wait { minutes } = step else { unreachable!() };
                now_ms += minutes * 60_000;
                continue;
            };
            let name = key.map(|key| format!("key-{key}"));
            let response = state.handle(&create(name.as_deref(), &ticket(&body.to_string())), now_ms);
            let known = uses.iter().rev().find(|used| Some(used.0) == key);
            let known = known.filter(|used| now_ms - used.2 < 2 * HOUR_MS);
            match (key, known) {
                (Some(_), Some(used)) if used.1 == body => {
                    assert_eq!((response.status, lookup(&response)), (201, Some("hit")));
                    assert_eq!(response.body, used.3);
                }
                (Some(_), Some(_)) => assert_eq!(response.status, 400),
                (key, _) => {
                    assert_eq!((response.status, lookup(&response)), (201, key.map(|_| "miss")));
                    tickets += 1;
                    uses.extend(key.map(|key| (key, body, now_ms, response.body)));
                }
            }
            assert_eq!(state.stats().tickets, tickets);
        }
    }
}
