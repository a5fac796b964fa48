//! Services in languages whose toolchains cannot reach WASI as the contract has it.
//!
//! They are built to a world that has the outside in one piece. Here a part is put beside what was built, which makes of
//! that piece the imports of the contract; `plugins/outside` says why.

use std::fs;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};
use wac_graph::types::{Package, Types};
use wac_graph::{CompositionGraph, EncodeOptions, plug};

use super::super::project::Kind;
use super::Built;
use crate::cli::Failure;

static CONTRACT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/wit/v0.2.0");
const WORLD: &str = include_str!("../../../../../../plugins/outside/wit/outside.wit");
const PART: &[u8] = include_bytes!("../../../../../../plugins/dist/parts/outside.wasm");

/// Writes the folder of the world `service` that such a language is built to.
pub(super) fn write_world(folder: &Path) -> io::Result<()> {
    let dependencies = folder.join("deps");
    fs::create_dir_all(&dependencies)?;
    fs::write(folder.join("outside.wit"), WORLD)?;
    let contract = CONTRACT.dirs().flat_map(Dir::files).chain(CONTRACT.files());
    for file in contract {
        if let Some(name) = file.path().file_name() {
            fs::write(dependencies.join(name), file.contents())?;
        }
    }
    Ok(())
}

/// The plugin of what was built: as it is, or with the part beside it.
pub(super) fn finish(built: Vec<u8>, kind: Kind) -> Built {
    match kind {
        Kind::Decision => Ok(Some(built)),
        Kind::Service => compose(built).map(Some),
    }
}

fn compose(built: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let composed = || {
        let mut graph = CompositionGraph::new();
        let part = package("outside", PART.to_vec(), graph.types_mut())?;
        let part = graph.register_package(part)?;
        let built = package("built", built, graph.types_mut())?;
        let built = graph.register_package(built)?;
        plug(&mut graph, vec![part], built)?;
        Ok(graph.encode(EncodeOptions::default())?)
    };
    composed().map_err(|error: Box<dyn std::error::Error>| {
        Failure::new(
            "what was built does not go with what services reach the world by",
            error,
        )
    })
}

fn package(
    name: &str,
    bytes: Vec<u8>,
    types: &mut Types,
) -> Result<Package, Box<dyn std::error::Error>> {
    Ok(Package::from_bytes(
        &format!("casewright:{name}"),
        None,
        bytes,
        types,
    )?)
}
