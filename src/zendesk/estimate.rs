//! How long a number of requests takes at a rate.

use super::pacer::MINUTE_SLACK_MS;

/// Requests of one user to the create endpoint in a minute, as the header
/// `zendesk-ratelimit-ticket-request-create-by-user-and-ip` was recorded in 2024. It is not
/// documented, and not every account has it.
pub const RECORDED_CREATE_RPM: u32 = 300;

/// Between two users that are made one by one: the account takes one a second (Zendesk's page of rate
/// limits), and two requests may come closer together than they left.
pub const USER_EVERY_MS: u64 = 1_050;

/// How long `requests` take at `rpm` a minute, in milliseconds: the pacer lets the first of a minute
/// out at once and fits the others into a little more than a minute.
fn time_for(requests: u64, rpm: u32) -> u64 {
    let even = u64::from(rpm.saturating_sub(1).max(1));
    requests.saturating_mul(60_000 + MINUTE_SLACK_MS) / even
}

/// The work of a run: requests, and authors of comments to make users of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Requests, those for authors left out.
    pub requests: u64,
    /// Authors who are not users yet.
    pub authors: u64,
}

/// Users that a full job makes, and the requests for as many: those about a job until it has ended, and
/// those for smaller jobs before it.
const JOB_USERS: u64 = 100;
const JOB_REQUESTS: u64 = 18;

impl Work {
    /// How long it takes if each author is looked up and made a user, one a second beside the other
    /// requests.
    pub fn one_by_one(self, rpm: u32) -> u64 {
        let requests = time_for(self.requests + 2 * self.authors, rpm);
        requests.max(self.authors.saturating_mul(USER_EVERY_MS))
    }

    /// How long it takes if the account makes users in jobs. A few authors need no job.
    pub fn in_jobs(self, rpm: u32) -> u64 {
        let jobs = self.authors.div_ceil(JOB_USERS);
        let in_jobs = time_for(self.requests + self.authors + JOB_REQUESTS * jobs, rpm);
        in_jobs.min(self.one_by_one(rpm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_take_a_second_each_or_as_long_as_the_requests_and_less_in_jobs() {
        let many = Work {
            requests: 1_000,
            authors: 1_190,
        };
        assert_eq!(many.one_by_one(600), 1_190 * USER_EVERY_MS);
        let tickets = Work {
            requests: 100_000,
            authors: 1_190,
        };
        assert_eq!(tickets.one_by_one(600), time_for(102_380, 600));
        assert_eq!(many.in_jobs(600), time_for(1_000 + 1_190 + 12 * 18, 600));
        let none = Work {
            requests: 1_000,
            authors: 0,
        };
        assert_eq!(none.one_by_one(600), time_for(1_000, 600));
        assert_eq!(none.in_jobs(600), time_for(1_000, 600));
    }

    #[test]
    fn a_minutes_worth_of_requests_takes_a_little_more_than_a_minute() {
        assert_eq!(time_for(599, 600), 60_300);
        assert_eq!(time_for(0, 600), 0);
        assert_eq!(time_for(2, 1), 120_600);
    }
}
