//! What a process finds when it starts: perhaps an older checkpoint, perhaps another way to Zendesk.

use std::path::PathBuf;

use zendesk_migrate::model::ids::TicketId;
use zendesk_migrate::sandbox::settings::Settings;

use crate::network;
use crate::scenario::MINUTE_MS;
use crate::world::{SETTLE_MS, World};

impl World {
    /// An older checkpoint.
    pub(crate) fn copy(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    /// Puts an older checkpoint in the place of the newest, after everything has settled.
    pub(crate) fn restore_perhaps(&mut self) {
        self.refuses_lookups = None;
        let chance = self.scenario.restores * 10;
        let copy = self.copy();
        if self.strikes(chance) {
            std::fs::copy(&copy, self.path()).unwrap();
            // Perhaps longer than keys live.
            let pause = self.dice.between(2 * SETTLE_MS, 300 * MINUTE_MS);
            self.pass(pause);
            self.note("an older checkpoint was restored");
            if self.dice.per_mille(500) {
                self.refuses_lookups = Some(usize::try_from(self.dice.between(0, 6)).unwrap());
                self.note("lookups are refused");
            }
        } else if self.scenario.restores > 0 && self.dice.per_mille(300) {
            std::fs::copy(self.path(), &copy).unwrap();
        }
    }

    /// The way of a process: a proxy that drops keys, or not.
    pub(crate) fn choose_way(&mut self) {
        if self.scenario.changes_ways && !self.is_calm() {
            let drop_keys = self.dice.per_mille(500);
            self.server.set_settings(Settings {
                drop_keys,
                ..self.server.settings().clone()
            });
            self.note(&format!("the way drops keys: {drop_keys}"));
        }
    }

    /// A start that imports asks for the highest ticket until it is told.
    pub(crate) fn learn_the_highest_ticket(&mut self) -> Option<TicketId> {
        if !self.scenario.imports {
            return None;
        }
        loop {
            let response = self.server.handle(&network::highest(), self.server_now());
            if let Some(ticket) = network::highest_of(&response) {
                return Some(ticket);
            }
            self.pass(MINUTE_MS);
        }
    }
}
