//! The projects that `casewright plugin new` makes: templates, and the SDKs that go along.
//!
//! A project holds all that it is built with but the tools, so that it needs no checkout of Casewright.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::project::{Kind, Language};

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/sdk/templates");
static CONTRACT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/wit");
static RUST: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/sdk/rust/src");

const RUST_MANIFEST: &str = include_str!("../../../../../plugins/sdk/rust/Cargo.toml");
/// The workspace of the shipped plugins: what it says of dependencies and profiles holds for a project, too.
const RUST_WORKSPACE: &str = include_str!("../../../../../plugins/Cargo.toml");
/// The size of a plugin's stack.
const RUST_CONFIG: &str = include_str!("../../../../../plugins/.cargo/config.toml");
const RUST_LOCK: &str = include_str!("../../../../../plugins/Cargo.lock");

macro_rules! sdk {
    ($language:literal: $($file:literal),+ $(,)?) => {
        [$(($file, include_str!(concat!("../../../../../plugins/sdk/", $language, "/", $file)))),+]
    };
}

const JS: [(&str, &str); 8] = sdk!(
    "js": "package.json", "index.js", "index.d.ts", "failure.js", "service.js", "desk.js", "desk.d.ts", "build.js"
);
const PYTHON: [(&str, &str); 11] = sdk!(
    "python/casewright_plugin": "__init__.py", "context.py", "desk.py", "failure.py", "guest.py",
    "guest_service.py", "http.py", "log.py", "plugin.py", "py.typed", "schema.py"
);

/// What a template of services takes over from that of decisions.
const OF_BOTH_KINDS: [&str; 3] = [".gitignore", "package-lock.json", "requirements.txt"];
/// What stands in templates for the name of the plugin.
const NAME: &str = "{{name}}";
/// Where the workspace of the shipped plugins begins to say what a project takes over.
const TAKEN_OVER: &str = "[workspace.package]";

/// The files of a project, by their paths with `/`.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<String, String>);

impl Files {
    /// Of a project of this name.
    pub(super) fn of(language: Language, kind: Kind, name: &str) -> Files {
        let mut files = Files::default();
        let folder = match language {
            Language::Rust => "rust",
            Language::Js => "js",
            Language::Python => "python",
        };
        files.add_template("shared", name);
        files.add_template(folder, name);
        if kind == Kind::Service {
            files.0.retain(|path, _| OF_BOTH_KINDS.contains(&&**path));
            files.add_template("service/shared", name);
            files.add_template(&format!("service/{folder}"), name);
        }
        match language {
            Language::Rust => files.add_rust(),
            Language::Js => {
                files.add_dir(&CONTRACT, "", "casewright-plugin/wit/", name);
                files.add_sdk("casewright-plugin", &JS);
            }
            Language::Python => {
                files.add_dir(&CONTRACT, "", "casewright_plugin/wit/", name);
                files.add_sdk("casewright_plugin", &PYTHON);
            }
        }
        files
    }

    /// Each with its path.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (&**path, &**text))
    }

    /// The files of a template, in place of those that are there.
    fn add_template(&mut self, folder: &str, name: &str) {
        if let Some(dir) = TEMPLATES.get_dir(folder) {
            self.add_dir(dir, folder, "", name);
        }
    }

    /// The text files below `dir`, without the folder `base` and behind `prefix`.
    fn add_dir(&mut self, dir: &Dir<'_>, base: &str, prefix: &str, name: &str) {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            let path = path.strip_prefix(base).unwrap_or(&path);
            let path = path
                .trim_start_matches('/')
                .replace("gitignore", ".gitignore");
            if let Some(text) = file.contents_utf8() {
                let text = text.replace(NAME, name);
                self.0.insert(format!("{prefix}{path}"), text);
            }
        }
        for dir in dir.dirs().filter(|dir| !is_made(dir)) {
            self.add_dir(dir, base, prefix, name);
        }
    }

    fn add_sdk(&mut self, folder: &str, files: &[(&str, &str)]) {
        for (file, text) in files {
            self.0
                .insert(format!("{folder}/{file}"), (*text).to_owned());
        }
    }

    /// The crate lies as deep as here, so that it finds the contract by the same path.
    fn add_rust(&mut self) {
        self.add_dir(&CONTRACT, "", "casewright/wit/", "");
        self.add_dir(&RUST, "", "casewright/sdk/rust/src/", "");
        self.add_sdk("casewright/sdk/rust", &[("Cargo.toml", RUST_MANIFEST)]);
        let package = self.0.remove("package.toml").unwrap_or_default();
        let begin = RUST_WORKSPACE.find(TAKEN_OVER).unwrap_or_default();
        let workspace = RUST_WORKSPACE.get(begin..).unwrap_or_default();
        let workspace = workspace.replace("\"sdk/rust\"", "\"casewright/sdk/rust\"");
        let manifest = format!("{package}[workspace]\nresolver = \"3\"\n\n{workspace}");
        self.0.insert("Cargo.toml".to_owned(), manifest);
        self.0.insert("Cargo.lock".to_owned(), lock(RUST_LOCK));
        let config = ".cargo/config.toml".to_owned();
        self.0.insert(config, RUST_CONFIG.to_owned());
    }
}

/// What a run of a template leaves in it.
fn is_made(dir: &Dir<'_>) -> bool {
    let name = dir.path().file_name();
    name.is_some_and(|name| name == "__pycache__" || name == "node_modules" || name == "target")
}

/// A lock file without the packages of the workspace that it is of. Cargo adds those of the project, and
/// leaves the others at their versions.
fn lock(whole: &str) -> String {
    let packages = whole.split("\n[[package]]\n");
    let kept = packages.enumerate().filter(|(number, package)| {
        *number == 0
            || package.contains("\nsource = ")
            || package.contains("name = \"casewright-plugin\"")
    });
    let kept: Vec<&str> = kept.map(|(_, package)| package).collect();
    kept.join("\n[[package]]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_a_project_has_a_placeholder_left() {
        for language in [Language::Rust, Language::Js, Language::Python] {
            for (kind, own) in [
                (Kind::Decision, "cases/core-account.json"),
                (Kind::Service, "grants.yaml"),
            ] {
                let files = Files::of(language, kind, "discounts");
                for (path, text) in files.iter() {
                    assert!(!text.contains(NAME), "{path}");
                }
                for path in [".gitignore", "README.md", own, "pack/pack.yaml"] {
                    assert!(files.0.contains_key(path), "{language:?}: {path}");
                }
            }
        }
    }

    #[test]
    fn a_project_in_rust_takes_over_what_the_shipped_plugins_are_built_with() {
        let files = Files::of(Language::Rust, Kind::Decision, "discounts");
        let manifest = &files.0["Cargo.toml"];
        assert!(manifest.contains("casewright-plugin = { path = \"casewright/sdk/rust\" }"));
        assert!(
            manifest.contains("[profile.release]") && manifest.contains("name = \"discounts\"")
        );
        let lock = &files.0["Cargo.lock"];
        assert!(
            lock.contains("name = \"wit-bindgen\"")
                && lock.contains("name = \"casewright-plugin\"")
        );
        assert!(!lock.contains("account-scoring"), "{lock}");
    }

    #[test]
    fn every_file_of_the_sdks_goes_along() {
        let sdk = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/sdk");
        let count = |folder: &str, ends: &[&str]| {
            let entries = std::fs::read_dir(sdk.join(folder)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let wanted = names.filter(|name| ends.iter().any(|end| name.ends_with(end)));
            wanted.filter(|name| !name.contains("test")).count()
        };
        assert_eq!(
            count("python/casewright_plugin", &[".py", ".typed"]),
            PYTHON.len()
        );
        assert_eq!(count("js", &[".js", ".ts", "package.json"]), JS.len());
    }
}
