//! The shipped pack and plugins are part of the binary: build it anew when they change.

fn main() {
    println!("cargo::rerun-if-changed=../../schemas/packs/key-account");
    println!("cargo::rerun-if-changed=../../plugins/dist");
}
