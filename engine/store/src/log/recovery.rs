//! What the log holds that redb does not.
//!
//! A crash can cut short only the last frame, whose commit nobody was told of. So a frame that is not
//! whole is either the end of the log, or damage; it is damage when a later frame is there.

use super::frame::{self, ALIGNMENT, Mark};
use super::segment::frames;
use crate::key_value::Batch;

/// The batches after number `moved`, in order, each with its number.
///
/// # Errors
/// What is wrong with the log.
pub(crate) fn recover(
    mark: Mark,
    segments: &[Vec<u8>],
    moved: u64,
) -> Result<Vec<(u64, Batch)>, String> {
    let mut found = Vec::new();
    for bytes in segments {
        let (frames, _) = frames(mark, bytes);
        for frame in frames.iter().filter(|frame| frame.number > moved) {
            found.push((frame.number, frame.batch()?));
        }
    }
    found.sort_by_key(|(number, _)| *number);
    let mut last = moved;
    for (number, _) in &found {
        if *number != last + 1 {
            let missing = last + 1;
            return Err(format!(
                "batch {missing} is missing, batch {number} is there"
            ));
        }
        last = *number;
    }
    match segments.iter().find_map(|bytes| later(mark, bytes, last)) {
        Some(number) => {
            let missing = last + 1;
            Err(format!(
                "batch {missing} is damaged, batch {number} after it is there"
            ))
        }
        None => Ok(found),
    }
}

/// A frame with a number above `last`, anywhere.
fn later(mark: Mark, bytes: &[u8], last: u64) -> Option<u64> {
    let places = (0..bytes.len()).step_by(ALIGNMENT);
    let mut frames = places.filter_map(|at| frame::read(mark, bytes.get(at..)?));
    frames
        .find(|frame| frame.number > last)
        .map(|frame| frame.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = *b"the mark";

    fn segment(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in numbers {
            bytes.extend(frame::encode(MARK, number, &Batch::default()).unwrap());
        }
        bytes.resize(bytes.len() + 4096, 0);
        bytes
    }

    fn numbers(segments: &[Vec<u8>], moved: u64) -> Result<Vec<u64>, String> {
        let found = recover(MARK, segments, moved)?;
        Ok(found.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn what_redb_holds_is_left_out_and_the_rest_is_in_order() {
        let segments = [segment(5..8), segment(2..5)];
        assert_eq!(numbers(&segments, 3), Ok(vec![4, 5, 6, 7]));
        assert_eq!(numbers(&segments, 7), Ok(vec![]));
        assert_eq!(numbers(&[segment([]), Vec::new()], 0), Ok(vec![]));
    }

    #[test]
    fn what_a_segment_held_before_it_was_begun_again_is_of_the_past() {
        let mut bytes = segment(8..10);
        let old = segment(1..6);
        bytes.truncate(bytes.len() - 4096);
        let kept = bytes.len();
        bytes.extend_from_slice(&old[kept..]);
        assert_eq!(numbers(&[bytes, segment(6..8)], 7), Ok(vec![8, 9]));
    }

    #[test]
    fn a_last_frame_that_was_cut_short_never_was_and_one_before_it_is_damage() {
        let whole = segment(1..4);
        let length = (whole.len() - 4096) / 3;
        let mut torn = whole.clone();
        torn[2 * length + 9] ^= 1;
        assert_eq!(numbers(&[torn], 0), Ok(vec![1, 2]));
        let mut damaged = whole.clone();
        damaged[length + 9] ^= 1;
        assert_eq!(
            numbers(&[damaged], 0),
            Err("batch 2 is damaged, batch 3 after it is there".to_owned())
        );
        let mut damaged = segment(1..4);
        damaged[2 * length + 9] ^= 1;
        assert_eq!(
            numbers(&[damaged, segment(4..6)], 0),
            Err("batch 3 is missing, batch 4 is there".to_owned())
        );
    }
}
