//! Compilers that can make WebAssembly modules, and how to call them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::guest::Guest;

const TARGET: &str = "wasm32-unknown-unknown";

/// What `plugins/.cargo/config.toml` says to whoever builds there by hand; flags from here replace it.
/// Why, and why so much, stands there.
const STACK: [&str; 2] = ["-C", "link-arg=-zstack-size=131072"];

/// A way to build guests that works on this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler in use has the target's standard library.
    Installed,
    /// A distribution's compiler without it: the library is built from its sources.
    FromSource {
        /// The linker for WebAssembly.
        linker: PathBuf,
        /// Where the sources of the standard library lie.
        library: PathBuf,
    },
}

impl Toolchain {
    /// The first way that works: the compiler in use, else the distribution's in `/usr/bin`.
    pub(crate) fn find(plugins: &Path) -> Result<Toolchain, TaskError> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut question = Command::new(rustc);
        question
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(plugins);
        if output(&mut question).is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
            return Ok(Toolchain::Installed);
        }
        let bin = Path::new("/usr/bin");
        if !bin.join("rustc").is_file() || !bin.join("cargo").is_file() {
            return Err(TaskError::NoToolchain);
        }
        let sysroot = output(Command::new("/usr/bin/rustc").args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
        match linker(bin) {
            Some(linker) if library.join("library/std").is_dir() => {
                Ok(Toolchain::FromSource { linker, library })
            }
            _ => Err(TaskError::NoToolchain),
        }
    }

    /// Builds `guests` and returns their modules, in the same order.
    pub(crate) fn build(
        &self,
        plugins: &Path,
        guests: &[Guest],
    ) -> Result<Vec<Vec<u8>>, TaskError> {
        // Fetched first, so that the folders of the sources exist when their paths are mapped.
        run(self.cargo(plugins).args(["fetch", "--locked"]))?;
        let target_dir = plugins.join("target");
        let flags = self.flags(plugins)?.join("\x1f");
        // One by one: together, all would be built with the features of the SDK that any of them asks for.
        for guest in guests {
            let mut cargo = self.cargo(plugins);
            cargo
                .args(["build", "--release", "--locked", "--target", TARGET])
                .args(["--package", &guest.name])
                .arg("--target-dir")
                .arg(&target_dir)
                .env("CARGO_ENCODED_RUSTFLAGS", &flags);
            if let Toolchain::FromSource { linker, .. } = self {
                cargo
                    .arg("-Zbuild-std=std,panic_abort")
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            }
            run(&mut cargo)?;
        }
        let built = target_dir.join(TARGET).join("release");
        guests
            .iter()
            .map(|guest| {
                let path = built.join(guest.module_file());
                fs::read(&path).map_err(TaskError::file(&path))
            })
            .collect()
    }

    fn cargo(&self, plugins: &Path) -> Command {
        let mut cargo = match self {
            Toolchain::Installed => {
                Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            }
            Toolchain::FromSource { .. } => {
                let mut cargo = Command::new("/usr/bin/cargo");
                cargo.env("RUSTC", "/usr/bin/rustc");
                cargo
            }
        };
        cargo.current_dir(plugins);
        cargo
    }

    /// Panic messages hold paths of sources. Which machine built a plugin is nobody's business and
    /// would make its bytes differ, so the paths are mapped to fixed ones.
    fn flags(&self, plugins: &Path) -> Result<Vec<String>, TaskError> {
        let mut from_to = vec![(plugins.to_owned(), "/plugins".to_owned())];
        if let Some(registries) = registries() {
            for entry in fs::read_dir(&registries).map_err(TaskError::file(&registries))? {
                let entry = entry.map_err(TaskError::file(&registries))?;
                from_to.push((entry.path(), "/crates".to_owned()));
            }
        }
        if let Toolchain::FromSource { library, .. } = self {
            from_to.push((library.clone(), "/rust".to_owned()));
            if let Ok(resolved) = library.canonicalize() {
                from_to.push((resolved, "/rust".to_owned()));
            }
        }
        let flag =
            |(from, to): (PathBuf, String)| format!("--remap-path-prefix={}={to}", from.display());
        let stack = STACK.map(str::to_owned);
        Ok(from_to.into_iter().map(flag).chain(stack).collect())
    }
}

/// The folder that holds one folder of unpacked crates for each registry.
fn registries() -> Option<PathBuf> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir()?.join(".cargo"),
    };
    Some(home.join("registry/src")).filter(|folder| folder.is_dir())
}

/// `wasm-ld`, or the highest of the versioned ones that distributions install side by side.
fn linker(bin: &Path) -> Option<PathBuf> {
    let plain = bin.join("wasm-ld");
    if plain.is_file() {
        return Some(plain);
    }
    let versions = fs::read_dir(bin).ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_prefix("wasm-ld-")?.parse::<u32>().ok()
    });
    versions
        .max()
        .map(|version| bin.join(format!("wasm-ld-{version}")))
}

/// Runs a program whose output goes where ours goes.
fn run(command: &mut Command) -> Result<(), TaskError> {
    let failed = |reason: String, command: &Command| TaskError::Program {
        program: line(command),
        reason,
    };
    let status = command
        .status()
        .map_err(|error| failed(error.to_string(), command))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(status.to_string(), command))
}

/// Runs a program and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, TaskError> {
    let failed = |reason: String, command: &Command| TaskError::Program {
        program: line(command),
        reason,
    };
    let output = command
        .output()
        .map_err(|error| failed(error.to_string(), command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(
            format!("{}, {}", output.status, said.trim()),
            command,
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string(), command))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args().take(2));
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
