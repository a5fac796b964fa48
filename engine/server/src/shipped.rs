//! The pack and the plugins that travel inside the binary.

use casewright_definition::Files;
use include_dir::{Dir, include_dir};

static PACK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../schemas/packs/key-account");
static PLUGINS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/dist");

/// The name of the shipped pack, in messages.
pub const PACK_NAME: &str = "key-account";

/// The files of the shipped pack.
pub fn pack() -> Files {
    let mut files = Files::new();
    collect(&PACK, &mut files);
    files
}

/// The shipped plugins: names of files, and what they hold.
pub fn plugins() -> Vec<(String, Vec<u8>)> {
    let wasm = PLUGINS.files().filter(|file| {
        file.path()
            .extension()
            .is_some_and(|extension| extension == "wasm")
    });
    wasm.map(|file| {
        let name = file.path().to_string_lossy().into_owned();
        (name, file.contents().to_vec())
    })
    .collect()
}

fn collect(dir: &Dir<'_>, files: &mut Files) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    dir.dirs().for_each(|dir| collect(dir, files));
}
