//! What must be true in the end, asked of the double and of the checkpoint alike.

use zendesk_migrate::checkpoint::Reader;
use zendesk_migrate::sandbox::faults::Faults;
use zendesk_migrate::sandbox::settings::{ExternalIds, Settings};

use crate::network;
use crate::scenario::{Cache, Scenario};
use crate::users;
use crate::world::World;

impl World {
    /// Every row has come to its end, and what the checkpoint says is what the double holds.
    pub(crate) fn judge(&mut self) {
        let counts = Reader::open(&self.path()).unwrap().counts().unwrap();
        let stats = self.server.stats();
        let Scenario {
            seed,
            rows,
            refused_every,
            ..
        } = self.scenario;
        let problems = self.problems();
        let context = format!(
            "seed {seed}: {counts:?} {stats:?}\n{problems:?}\n{}",
            self.history
        );
        assert_eq!(counts.rows(), rows, "a row was lost: {context}");
        assert_eq!(counts.open(), 0, "a row was left: {context}");
        assert_eq!(counts.withdrawn, 0, "{context}");
        users::check_users(&self.server, self.scenario.authors, &context);
        let refused = rows.checked_div(refused_every).unwrap_or(0);
        for (number, code) in &problems {
            assert!(
                self.is_a_reason(*number, code),
                "row {number} is {code} without a reason: {context}"
            );
        }
        if counts.unknown == 0 {
            let settled = counts.created + counts.rejected + counts.invalid;
            assert_eq!(settled, rows, "{context}");
            assert!(counts.rejected <= refused, "{context}");
            assert!(counts.rejected + counts.invalid >= refused, "{context}");
        }
        // A row that is not certain may or may not have its ticket; nothing else may.
        assert!(stats.tickets >= counts.created, "{context}");
        assert!(
            stats.tickets <= counts.created + counts.unknown,
            "{context}"
        );
        self.compare_tickets();
        // Requests that arrive much later than they leave may fill a minute that was planned well.
        if self.scenario.way_ms <= 300 {
            assert_eq!(stats.throttled, 0, "the limit was not kept: {context}");
        }
        self.note(&format!("{counts:?} {stats:?}"));
    }

    /// The ticket of each row is one of the double's, with the row's id.
    fn compare_tickets(&mut self) {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        let mut query = db
            .prepare("SELECT external_id, ticket_id FROM row WHERE ticket_id IS NOT NULL")
            .unwrap();
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        let rows: Vec<(String, u64)> = rows.map(Result::unwrap).collect();
        // Beyond the limit's reach, which would refuse so many questions at once.
        self.server.set_settings(Settings {
            rpm: 0,
            ..self.server.settings().clone()
        });
        for (external_id, ticket) in rows {
            let now = self.server_now();
            let response = self.server.handle(&network::show(ticket), now);
            let theirs = network::external_id(&response);
            let ours = match self.scenario.settings.external_ids {
                ExternalIds::Exact => external_id,
                ExternalIds::Trim => external_id.trim().to_owned(),
                ExternalIds::Fold => external_id.to_lowercase(),
            };
            assert_eq!(theirs, Some(ours), "{}", self.history);
        }
    }

    /// Whether this world can bring a row into that trouble.
    fn is_a_reason(&self, row: u64, code: &str) -> bool {
        let Scenario { settings, .. } = &self.scenario;
        let is_poisoned = self
            .scenario
            .poisoned
            .is_some_and(|(poisoned, _)| poisoned == row);
        let is_cached = self.scenario.cache != Cache::None;
        match code {
            "LookupFailed" | "Http403" | "Http302" | "Http404" | "Http409" | "Http429"
            | "Http500"
                if is_poisoned =>
            {
                true
            }
            "LookupFailed" | "StaleLookups" if is_cached => true,
            "NearMatch" => settings.external_ids != ExternalIds::Exact && row.is_multiple_of(3),

            "UnknownAuthor" => {
                let Faults { all, .. } = self.scenario.faults;
                !settings.refused_users.is_empty() || all || self.scenario.loses_most_lookups()
            }
            "RecordInvalid" => self.scenario.refused_every > 0,
            "KeysUsedUp" => self.scenario.may_use_keys_up(),
            "NotVisible" => settings.role != "admin",
            // A ticket that was made before the clock was set back looks older than it is, and cannot be
            // searched for at first.
            "ForeignTicket" | "StaleLookups" => self.scenario.clock_jump > 0,
            "LookupFailed" => self.scenario.loses_most_lookups(),
            _ => false,
        }
    }

    /// The rows that did not become tickets, with the codes of their reasons.
    fn problems(&self) -> Vec<(u64, String)> {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        let mut query = db
            .prepare("SELECT number, problem_code FROM row WHERE problem_code > ''")
            .unwrap();
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}
