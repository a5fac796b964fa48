//! The shipped pack and plugins, and what projects of plugins are made of, are part of the binary: build it anew when they
//! change.

fn main() {
    println!("cargo::rerun-if-changed=../../schemas/packs/key-account");
    println!("cargo::rerun-if-changed=../../plugins/dist");
    println!("cargo::rerun-if-changed=../../plugins/sdk/templates");
    println!("cargo::rerun-if-changed=../../plugins/wit");
}
