//! What `check` costs, but for reading files: the whole shipped pack, and each part of the way of its
//! largest workflow.
//!
//! Run with `cargo bench -p casewright-definition --bench check`.
#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot start has nothing to say"
)]

use std::path::{Path, PathBuf};

use casewright_definition::analysis::soundness;
use casewright_definition::source::{Document, Source};
use casewright_definition::{Definition, Files, Pack};

fn main() {
    divan::main();
}

/// The files of the shipped pack.
fn files() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/packs/key-account");
    let mut files = Files::new();
    for place in ["", "workflows"] {
        let entries = std::fs::read_dir(folder.join(place)).expect("a folder of the pack");
        for entry in entries {
            let path: PathBuf = entry.expect("a file of the pack").path();
            if path.extension().is_some_and(|kind| kind == "yaml") {
                let name = path.file_name().expect("a name").to_string_lossy();
                let name = Path::new(place).join(&*name).display().to_string();
                files.insert(name, std::fs::read(path).expect("a file of the pack"));
            }
        }
    }
    files
}

/// The pack, and the text of its largest workflow.
fn largest() -> (Pack, Source) {
    let files = files();
    let workflows = files
        .iter()
        .filter(|(path, _)| path.starts_with("workflows/"));
    let (path, bytes) = workflows
        .max_by_key(|(_, bytes)| bytes.len())
        .expect("a workflow");
    let source = Source::from_bytes(path.as_str(), bytes.clone()).expect("a text");
    let pack = Pack::check(&files, str::to_owned, None).pack;
    (pack.expect("a pack"), source)
}

#[divan::bench]
fn the_whole_pack(bencher: divan::Bencher<'_, '_>) {
    let files = files();
    bencher.bench(|| Pack::check(&files, str::to_owned, None));
}

#[divan::bench]
fn one_workflow(bencher: divan::Bencher<'_, '_>) {
    let (pack, source) = largest();
    bencher.bench(|| Definition::check(source.clone(), &pack, None));
}

#[divan::bench]
fn its_yaml(bencher: divan::Bencher<'_, '_>) {
    let (_, source) = largest();
    bencher.bench(|| Document::parse(source.clone()));
}

#[divan::bench]
fn its_lowering(bencher: divan::Bencher<'_, '_>) {
    let (pack, source) = largest();
    let (definition, _) = Definition::check(source, &pack, None);
    let definition = definition.expect("a definition");
    bencher
        .with_inputs(|| (definition.digest, definition.bundle.clone()))
        .bench_values(|(digest, bundle)| Definition::compile(digest, bundle));
}

#[divan::bench]
fn its_soundness(bencher: divan::Bencher<'_, '_>) {
    let (pack, source) = largest();
    let (definition, _) = Definition::check(source, &pack, None);
    let definition = definition.expect("a definition");
    bencher.bench(|| soundness(&definition));
}
