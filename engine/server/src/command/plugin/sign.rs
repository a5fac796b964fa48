//! `casewright plugin keygen`, `sign` and `verify`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{Failure, Verdict, print, tell};
use crate::folder;
use crate::signature::{Keys, Pair, path_of, sign};

/// Make a pair of keys: one to sign plugins with, one by which a server knows them
///
/// They are Ed25519 keys in PEM, as `openssl genpkey -algorithm ed25519` writes them.
#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// What the files are called: `NAME.secret.pem` and `NAME.public.pem`.
    #[arg(value_name = "NAME")]
    name: PathBuf,
}

/// Sign a plugin: writes `FILE.sig` beside it
///
/// A server with `--plugin-keys` takes no plugin without. `openssl pkeyutl -sign -rawin` writes the same.
#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The `.wasm` file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Is this plugin signed by one of these keys?
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it is, 1 it is not, 2 could not run.")]
pub(super) struct Verify {
    /// The `.wasm` file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A public key, or a folder with public keys (`.pem`).
    #[arg(long, value_name = "FILE|DIR")]
    keys: PathBuf,
}

impl Keygen {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let pair = Pair::draw()?;
        let named = |ending: &str| {
            let mut name = self.name.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        let (secret, public) = (named(".secret.pem"), named(".public.pem"));
        write_new(&secret, &pair.secret)?;
        write_new(&public, &pair.public)?;
        print(format_args!(
            "{}: keep it to yourself\n{}: for `casewright serve --plugin-keys`",
            secret.display(),
            public.display()
        ));
        Ok(Verdict::Yes)
    }
}

/// A key is never written over, and the secret one is nobody else's to read.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(format_args!("cannot write `{}`", path.display()), error))
}

impl Sign {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let signature = sign(&folder::read(&self.file)?, &self.key)?;
        let path = path_of(&self.file);
        fs::write(&path, signature).map_err(|error| {
            Failure::new(format_args!("cannot write `{}`", path.display()), error)
        })?;
        print(path.display());
        Ok(Verdict::Yes)
    }
}

impl Verify {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let keys = Keys::read(&self.keys)?;
        let bytes = folder::read(&self.file)?;
        match keys.verify(&self.file, &bytes) {
            Ok(key) => {
                print(format_args!(
                    "`{}` is signed by `{}`",
                    self.file.display(),
                    key.display()
                ));
                Ok(Verdict::Yes)
            }
            Err(Failure(why)) => {
                tell(why);
                Ok(Verdict::No)
            }
        }
    }
}
