//! What goes wrong in a world: outages, sleep, clocks that are set; and between the program and its
//! lookups caches, firewalls, a proxy that answers itself.

use zendesk_migrate::engine::driver::Subject;
use zendesk_migrate::sandbox::faults::Delivery;
use zendesk_migrate::sandbox::http::{Request, Response};
use zendesk_migrate::sandbox::settings::{ExternalIds, Settings};

use crate::letters::Question;
use crate::network::{self, made_up, set_header};
use crate::scenario::{Cache, MINUTE_MS};
use crate::world::World;

/// How long a cache keeps an answer: longer than rows settle, and shorter than twice that, because a
/// row may be looked up with the same page size again by chance.
pub(crate) const CACHED_MS: u64 = 9 * 60_000;

/// Answers that are no answer to a lookup.
const REFUSALS: [(u16, &str); 6] = [
    (400, r#"{"error":"BadRequest","description":"no"}"#),
    (404, r#"{"error":"RecordNotFound","description":"no"}"#),
    (410, ""),
    (413, "too large"),
    (422, r#"{"error":"Unprocessable","description":"no"}"#),
    (200, r#"{"tickets":[],"count":0,"next_page":"/the/same"}"#),
];

/// Answers to the lookups of one row that come whatever is asked.
const POISONS: [(u16, &str); 7] = [
    (403, "forbidden by the firewall"),
    (302, ""),
    (404, "not found"),
    (409, "conflict"),
    (429, "too many requests"),
    (500, "oops"),
    (200, r#"{"tickets":[{"id":12"#),
];

impl World {
    /// What something on the way answers before the account is asked.
    pub(crate) fn instead_of_server(
        &mut self,
        question: &Question,
        request: &Request,
    ) -> Option<Response> {
        let Question::LookUp { external_id, .. } = question else {
            return None;
        };
        let now = self.server_now();
        if let Some(n) = self.refuses_lookups {
            let (status, body) = REFUSALS[n % REFUSALS.len()];
            return Some(made_up(status, body, now));
        }
        if let Some((row, n)) = self.scenario.poisoned
            && *external_id == self.external_id(row)
        {
            let (status, body) = POISONS[n % POISONS.len()];
            return Some(made_up(status, body, now));
        }
        let (kept_at, response) = self.cache.get(&address(request))?;
        let age_ms = self.now - kept_at;
        if age_ms > CACHED_MS {
            return None;
        }
        let mut response = response.clone();
        match self.scenario.cache {
            Cache::None => return None,
            Cache::Honest => {
                set_header(&mut response, "age", &(age_ms / 1_000 + 1).to_string());
            }
            Cache::KeepsDate => {}
            Cache::HidesItself => set_header(&mut response, "date", &network::http_date(now)),
        }
        self.note(&format!("{question} answered by a cache"));
        Some(response)
    }

    /// What happens to the world whoever waits.
    pub(crate) fn happen(&mut self) {
        if self.strikes(self.scenario.darkness) {
            self.dark_until = self.now + self.dice.between(1, 300) * MINUTE_MS;
            self.note("darkness");
        }
        if self.strikes(self.scenario.sleep) {
            let ms = self.dice.between(1, 200) * MINUTE_MS;
            self.pass(ms);
            self.note("slept");
        }
        if self.strikes(self.scenario.clock_jump) {
            let ms = i64::try_from(self.dice.between(0, 40 * MINUTE_MS)).unwrap();
            self.server_offset_ms += ms - 20 * 60_000;
            self.note("the account's clock was set");
        }
        if self.scenario.settings.drop_keys
            && self.now >= self.scenario.keys_fixed_after_ms
            && self.server.settings().drop_keys
        {
            let settings = Settings {
                drop_keys: false,
                ..self.server.settings().clone()
            };
            self.server.set_settings(settings);
            self.note("keys are honoured from now on");
        }
        if self.strikes(self.scenario.archive) {
            self.server.archive_all();
        }
    }

    /// Accounts that change an `external_id` find every third one worth changing.
    pub(crate) fn external_id(&self, n: u64) -> String {
        match self.scenario.settings.external_ids {
            ExternalIds::Trim if n.is_multiple_of(3) => format!("legacy-{n} "),
            ExternalIds::Fold if n.is_multiple_of(3) => format!("LEGACY-{n}"),
            _ => format!("legacy-{n}"),
        }
    }

    /// A cache keeps the answers to lookups that pass it.
    pub(crate) fn remember(&mut self, question: &Question, request: &Request, delivery: &Delivery) {
        if self.scenario.cache == Cache::None || self.is_calm() {
            return;
        }
        if let (Question::LookUp { subject, .. }, Delivery::Reply(response)) = (question, delivery)
            && *subject != Subject::Comparison
            && response.status == 200
        {
            let now = self.now;
            let is_old = |(kept_at, _): &(u64, Response)| now.saturating_sub(*kept_at) > CACHED_MS;
            if self.cache.get(&address(request)).is_none_or(is_old) {
                self.cache.insert(address(request), (now, response.clone()));
            }
        }
    }
}

fn address(request: &Request) -> String {
    format!("{}{:?}", request.path, request.query)
}
