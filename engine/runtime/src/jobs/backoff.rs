//! How long a job rests between two tries.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// How often a job is tried before it is dead, or its case is told: for an hour and a half, about.
pub(super) const ATTEMPTS: u32 = 20;
/// How long it rests after the first try; twice as long after each further one.
const FIRST: Duration = Duration::from_secs(1);
/// How long it rests at most.
const LONGEST: Duration = Duration::from_secs(600);
/// How long at most it rests when whoever was asked says for how long.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a job rests after so many failed attempts, at least `asked`.
///
/// Half of it is left to chance, so that jobs that failed together are not tried together again. Chance is the hash
/// of key and attempt: the same run can be had again.
pub(super) fn rest(idempotency_key: &str, attempts: u32, asked: Option<Duration>) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let hash = Sha256::new()
        .chain_update(idempotency_key)
        .chain_update(attempts.to_be_bytes())
        .finalize();
    let chance = hash
        .first_chunk()
        .map_or(0, |bytes| u16::from_be_bytes(*bytes));
    let jitter = whole.mul_f64(0.5 * f64::from(chance) / f64::from(u16::MAX));
    let rest = whole / 2 + jitter;
    rest.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_rests_twice_as_long_each_time_and_not_as_long_as_its_neighbour() {
        for attempts in 1..=ATTEMPTS {
            let whole = Duration::from_secs((1u64 << (attempts - 1)).min(600));
            for key in ["a", "b"] {
                let rest = rest(key, attempts, None);
                assert!(rest >= whole / 2 && rest <= whole, "{attempts}: {rest:?}");
            }
            assert_ne!(rest("a", attempts, None), rest("b", attempts, None));
        }
        assert_eq!(rest("a", 3, None), rest("a", 3, None));
        assert!(rest("a", u32::MAX, None) <= LONGEST);
    }

    #[test]
    fn it_rests_as_long_as_it_was_asked_to_within_a_day() {
        let asked = |seconds| rest("a", 1, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(90), Duration::from_secs(90));
        assert!(asked(0) >= FIRST / 2);
        assert_eq!(asked(u64::MAX), LONGEST_ASKED);
    }
}
