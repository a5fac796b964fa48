//! The `casewright` binary: command line and HTTP API.
//!
//! [`cli`] says what can be asked for, each [`command`] does one of it; [`http`] is the API that
//! `serve` offers, and [`edge`] what lets clients in; [`explanation`] is the form in which both tell what would come of an event;
//! [`shipped`] is the pack and the plugins that travel inside the binary, [`folder`] reads others from
//! disk; [`signature`] says whose plugins those are, `grants` what they may reach; [`sarif`] is what `check` tells code hosting.

pub mod cli;
pub mod command;
pub mod edge;
pub mod explanation;
pub mod folder;
mod grants;
pub mod http;
mod plugin_store;
pub mod sarif;
pub mod scenario;
mod seldom;
pub mod shipped;
pub mod signature;
