//! What a workflow file means, seen from outside the crate.

mod broken;
mod bundle;
mod deep;
mod desk;
mod lowering;
mod mutated;
mod schemas;
