//! The commands, one module each.

pub mod bench;
pub mod check;
pub mod compact;
pub mod diagram;
pub mod explain;
pub mod export;
pub mod import;
pub mod schema;
pub mod serve;
pub mod simulate;
pub mod test;
