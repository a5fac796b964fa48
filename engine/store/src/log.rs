//! The write-ahead log: what makes a commit durable at the price of one small write and one sync.
//!
//! - [`frame`] is one batch on disk: its number, its rows, a checksum over both;
//! - [`segment`] is a file of frames, one behind the other. There are two: while what stands in one is
//!   moved into redb, the other takes what comes;
//! - [`recovery`] reads back what redb does not hold yet, and tells a commit that was cut short by a crash
//!   from damage.
//!
//! Invariants: batches are numbered without gaps; a frame is written only after the one before it was
//! synced, so that a crash can damage no other than the last; a segment is used again only when redb holds,
//! synced, all that stands in it.

pub(crate) mod frame;
pub(crate) mod recovery;
pub(crate) mod segment;
