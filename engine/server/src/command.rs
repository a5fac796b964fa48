//! The commands, one module each.

pub mod bench;
pub mod check;
pub mod compact;
pub mod diagram;
pub mod explain;
pub mod export;
pub mod import;
pub mod jobs;
pub mod plugin;
mod progress;
pub mod repair;
pub mod schema;
pub mod serve;
pub mod simulate;
pub mod test;
pub mod verify;
