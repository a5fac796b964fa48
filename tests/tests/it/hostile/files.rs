//! Files that are no plugins: the server does not start, and says which and why.

use casewright_tests::server::Settings;

use super::builder::{Behaviour, Hostile};

#[test]
fn a_file_that_is_no_plugin_stops_the_start() {
    let whole = Hostile::new("rogue", "judge", Behaviour::Trap).component();
    let described = |behaviour| Hostile::new("rogue", "judge", behaviour).module();
    let mut elsewhere = Hostile::new("rogue", "judge", Behaviour::Trap);
    elsewhere.name = "Not A Name".to_owned();
    let mut schema = Hostile::new("rogue", "judge", Behaviour::Trap);
    schema.output_schema = "{\"type\": 7}".to_owned();
    for (what, bytes, told) in [
        (
            "empty",
            Vec::new(),
            "expected a WebAssembly component or module",
        ),
        (
            "text",
            "插件".as_bytes().to_vec(),
            "expected a WebAssembly component or module",
        ),
        ("cut short", whole[..whole.len() / 2].to_vec(), ""),
        ("no world", b"\0asm\x01\0\0\0".to_vec(), ""),
        ("loops", described(Behaviour::LoopInDescribe), "`describe`"),
        ("traps", described(Behaviour::TrapInDescribe), "`describe`"),
        (
            "imports",
            described(Behaviour::Import("env", "open_file")),
            "open_file",
        ),
        ("floods", described(Behaviour::ManyFunctions(100_000)), ""),
        ("misnamed", elsewhere.module(), "Not A Name"),
        ("bad schema", schema.module(), "output-schema"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        let file = plugins.join("rogue.wasm");
        std::fs::write(&file, bytes).unwrap();
        let data = folder.path().join("data");
        let ended = Settings::small().with("--plugins", &plugins).fail_on(&data);
        assert_eq!(ended.code, Some(2), "{what}: {ended:?}");
        assert_eq!(ended.stdout, "", "{what}");
        let named = format!("error: plugin `{}`", file.display());
        assert!(ended.stderr.starts_with(&named), "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{what}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panic"), "{what}: {}", ended.stderr);
        assert!(!data.exists(), "{what}: the data folder was made");
    }
}

#[test]
fn a_folder_that_cannot_be_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("nowhere");
    let ended = Settings::new()
        .with("--plugins", &plugins)
        .fail_on(folder.path());
    assert_eq!(ended.code, Some(2));
    let told = format!("error: cannot read the folder `{}`", plugins.display());
    assert!(ended.stderr.starts_with(&told), "{}", ended.stderr);
}
