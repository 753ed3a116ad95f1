//! How long a number of requests takes at a rate.

use super::pacer::MINUTE_SLACK_MS;

/// Requests of one user to the create endpoint in a minute, as the header
/// `zendesk-ratelimit-ticket-request-create-by-user-and-ip` was recorded in 2024. It is not
/// documented, and not every account has it.
pub const RECORDED_CREATE_RPM: u32 = 300;

/// How long `requests` take at `rpm` a minute, in milliseconds: the pacer lets the first of a minute
/// out at once and fits the others into a little more than a minute.
pub fn time_for(requests: u64, rpm: u32) -> u64 {
    let even = u64::from(rpm.saturating_sub(1).max(1));
    requests.saturating_mul(60_000 + MINUTE_SLACK_MS) / even
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_of_requests_takes_a_little_more_than_a_minute() {
        assert_eq!(time_for(599, 600), 60_300);
        assert_eq!(time_for(0, 600), 0);
        assert_eq!(time_for(2, 1), 120_600);
    }
}
