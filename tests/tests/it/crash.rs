//! `kill -9` on the real binary: what was acknowledged is there afterwards, once.

mod first_start;
mod rounds;
mod steps;
mod timers;
