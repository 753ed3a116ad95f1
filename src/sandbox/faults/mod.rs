//! Faults of requests, drawn from a seed.
//!
//! The draw is pure: the n-th answer depends on the seed and on n alone, so the server and a
//! simulation with the same seed break in the same places.

mod deliver;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::sandbox::dice::uniform;
use crate::sandbox::http::Request;
use crate::sandbox::state::Strike;

pub use self::deliver::{Delivery, deliver};

/// How likely each fault is; the default is a world without faults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Where the draw begins.
    pub seed: u64,
    /// The connection is reset before the request did anything.
    pub lost_before: f64,
    /// The request does all it does, and the connection is reset instead of a reply.
    pub lost_after: f64,
    /// A 500.
    pub error_500: f64,
    /// A 503 with `retry-after`.
    pub error_503: f64,
    /// The seconds in that `retry-after`.
    pub retry_after_s: u32,
    /// The reply is late.
    pub slow: f64,
    /// By how many milliseconds.
    pub slow_ms: u64,
    /// The reply breaks off in the middle of its body.
    pub cut: f64,
    /// The request arrives twice, as if something on the way had repeated it; the client gets the
    /// second reply.
    pub duplicate: f64,
    /// Faults strike every API request, not creates only.
    pub all: bool,
    /// The 500s and 503s strike after the request did all it does.
    pub errors_after: bool,
    /// No more faults than this many.
    pub at_most: Option<u64>,
    /// How many draws were made.
    #[serde(skip)]
    pub drawn: u64,
    /// How many of them were faults.
    #[serde(skip)]
    pub struck: u64,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// See [`Faults::lost_before`].
    LostBefore,
    /// See [`Faults::lost_after`].
    LostAfter,
    /// See [`Faults::error_500`].
    Error500,
    /// See [`Faults::error_503`].
    Error503 {
        /// The seconds to wait.
        retry_after_s: u32,
    },
    /// See [`Faults::slow`].
    Slow {
        /// The delay in milliseconds.
        ms: u64,
    },
    /// See [`Faults::cut`].
    CutInBody,
    /// See [`Faults::duplicate`].
    Duplicate,
}

/// Why a description of faults is refused.
#[derive(Debug, Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("cannot read the faults file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not the JSON that is expected.
    #[error("faults are not understood: {0}")]
    Json(#[from] serde_json::Error),
    /// It is not the TOML that is expected.
    #[error("faults are not understood: {0}")]
    Toml(#[from] toml::de::Error),
    /// A probability is none.
    #[error("the probability of {name} is {value}; it must lie between 0 and 1")]
    NotAProbability {
        /// The field.
        name: &'static str,
        /// What it says.
        value: f64,
    },
    /// The probabilities are too many: one request has one fault at most.
    #[error("the probabilities add up to {0}; a request has one fault at most, so 1 is the limit")]
    MoreThanAll(f64),
}

impl Faults {
    /// Reads a file, JSON if its name ends so, else TOML.
    pub fn read(path: &Path) -> Result<Self, FaultsError> {
        let text = std::fs::read_to_string(path).map_err(|source| FaultsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("json"))
        {
            Self::from_json(text.as_bytes())
        } else {
            Self::from_toml(&text)
        }
    }

    /// Reads JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FaultsError> {
        serde_json::from_slice::<Self>(bytes)?.checked()
    }

    /// Reads TOML.
    pub fn from_toml(text: &str) -> Result<Self, FaultsError> {
        toml::from_str::<Self>(text)?.checked()
    }

    /// Passes the faults on if their probabilities make sense.
    pub fn checked(self) -> Result<Self, FaultsError> {
        let mut sum = 0.0;
        for (name, value) in self.odds() {
            if !(0.0..=1.0).contains(&value) {
                return Err(FaultsError::NotAProbability { name, value });
            }
            sum += value;
        }
        // Ten tenths are a little more than one.
        if sum > 1.0 + 1e-9 {
            Err(FaultsError::MoreThanAll(sum))
        } else {
            Ok(self)
        }
    }

    /// Draws for the next request, if it is one that faults strike.
    pub fn draw_for(&mut self, request: &Request) -> Option<Fault> {
        if self.all || request.is_create() {
            self.draw()
        } else {
            None
        }
    }

    /// Draws what goes wrong next; mostly nothing.
    pub fn draw(&mut self) -> Option<Fault> {
        if self.at_most.is_some_and(|most| self.struck >= most) {
            return None;
        }
        let point = uniform(self.seed, self.drawn);
        self.drawn += 1;
        let mut edge = 0.0;
        let hit = self.odds().into_iter().position(|(_, odds)| {
            edge += odds;
            point < edge
        })?;
        self.struck += 1;
        Some(match hit {
            0 => Fault::LostBefore,
            1 => Fault::LostAfter,
            2 => Fault::Error500,
            3 => Fault::Error503 {
                retry_after_s: self.retry_after_s,
            },
            4 => Fault::Slow { ms: self.slow_ms },
            5 => Fault::CutInBody,
            _ => Fault::Duplicate,
        })
    }

    /// When the injected server errors strike.
    pub fn strike(&self) -> Strike {
        if self.errors_after {
            Strike::After
        } else {
            Strike::Before
        }
    }

    /// The probabilities in the order of the draw.
    fn odds(&self) -> [(&'static str, f64); 7] {
        [
            ("lost_before", self.lost_before),
            ("lost_after", self.lost_after),
            ("error_500", self.error_500),
            ("error_503", self.error_503),
            ("slow", self.slow),
            ("cut", self.cut),
            ("duplicate", self.duplicate),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let faults = Faults {
            seed: 7,
            lost_before: 0.3,
            cut: 0.2,
            ..Faults::default()
        };
        let draw = |mut faults: Faults| (0..100).map(|_| faults.draw()).collect::<Vec<_>>();
        assert_eq!(draw(faults.clone()), draw(faults.clone()));
        assert_ne!(draw(faults.clone()), draw(Faults { seed: 8, ..faults }));
    }

    #[test]
    fn faults_are_as_frequent_as_they_are_said_to_be() {
        let mut faults = Faults {
            lost_after: 0.25,
            slow: 0.5,
            ..Faults::default()
        };
        let drawn: Vec<_> = (0..10_000).map(|_| faults.draw()).collect();
        let lost = drawn
            .iter()
            .filter(|f| **f == Some(Fault::LostAfter))
            .count();
        let none = drawn.iter().filter(|f| f.is_none()).count();
        assert!((2300..2700).contains(&lost), "{lost}");
        assert!((2300..2700).contains(&none), "{none}");
    }

    #[test]
    fn certainty_strikes_every_time_until_its_number_is_used_up() {
        let mut faults = Faults {
            cut: 1.0,
            at_most: Some(2),
            ..Faults::default()
        };
        let drawn: Vec<_> = (0..3).map(|_| faults.draw()).collect();
        assert_eq!(
            drawn,
            [Some(Fault::CutInBody), Some(Fault::CutInBody), None]
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for json in [
            r#"{"cut":1.1}"#,
            r#"{"cut":-0.1}"#,
            r#"{"cut":0.6,"slow":0.6}"#,
            r#"{"cutt":0.1}"#,
            "[",
        ] {
            assert!(Faults::from_json(json.as_bytes()).is_err(), "{json}");
        }
        assert!(Faults::from_toml("cut = nan").is_err());
        let faults = Faults::from_toml("seed = 3\nslow = 0.5\nslow_ms = 20").unwrap();
        assert_eq!(
            faults,
            Faults {
                seed: 3,
                slow: 0.5,
                slow_ms: 20,
                ..Faults::default()
            }
        );
    }
}
