//! Compiled code of plugins, kept in a folder from one start to the next.
//!
//! Compiling a plugin that carries a language runtime takes seconds, reading its code back takes
//! milliseconds. But compiled code is machine code, and the engine runs what it is given: code that was
//! altered would not be a broken plugin but a broken host. So:
//!
//! - The folder belongs to the user who runs the host and lets in nobody else (0700). One that is
//!   another's is refused.
//! - In it lies a key of 32 random bytes, made with the folder. Each entry begins with the
//!   HMAC-SHA256, under that key, of everything that the code depends on and the code itself. An entry
//!   with a flipped bit, one cut short, one of another plugin or another folder, and one that somebody
//!   made who has not the key are all the same: not there. The plugin is compiled again.
//! - What an entry is for is the SHA-256 of the component, and what wasmtime says of its own version,
//!   its settings and the machine.
//!
//! Who can read the key or write the folder is the user who runs the host, and could as well replace
//! the host.
//!
//! Wasmtime's own cache (its feature `cache`) trusts its folder: it checks that an entry is of the right
//! version and settings, not that it is the entry that was written. That does not suffice here.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Entries that are kept; beyond them the oldest go. Replacing a plugin leaves one behind, a new version
/// of the host one for each plugin.
const MAX_ENTRIES: usize = 64;

/// The file of the key.
const KEY_FILE: &str = "key";

/// Length of the key and of an authentication code, in bytes.
const CODE_BYTES: usize = 32;

/// Tells these codes from any other use of the key, and this form of entries from later ones.
const FORM: &[u8] = b"casewright compiled plugin, form 1\0";

/// An open folder of compiled code.
#[derive(Debug)]
pub(crate) struct CodeCache {
    folder: PathBuf,
    key: [u8; CODE_BYTES],
    /// What the engine is: code is of use to the same one alone.
    engine: [u8; CODE_BYTES],
}

impl CodeCache {
    /// Opens `folder`, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, is another user's, or its key cannot be read.
    pub(crate) fn open(folder: &Path, engine: &Engine) -> io::Result<CodeCache> {
        private_folder(folder)?;
        let key = read_key(folder)?;
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(CodeCache {
            folder: folder.to_owned(),
            key,
            engine: hasher.0.finalize().into(),
        })
    }

    /// The compiled code of `component`, if it is there and is what was written.
    pub(crate) fn get(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        let digest: [u8; CODE_BYTES] = Sha256::digest(component).into();
        let entry = fs::read(self.path(&digest)).ok()?;
        let (mac, code) = entry.split_at_checked(CODE_BYTES)?;
        self.mac(&digest, code)?.verify_slice(mac).ok()?;
        self.deserialize(engine, code)
    }

    /// Takes code in whose authentication code was right.
    #[expect(unsafe_code, reason = "the proof stands beside it")]
    fn deserialize(&self, engine: &Engine, code: &[u8]) -> Option<Component> {
        // SAFETY: `deserialize` asks that the bytes are what `serialize` gave, unaltered. The one caller,
        // `get`, has found that HMAC-SHA256 under this folder's key, over `FORM`, the digest of the
        // component and these very bytes, is what stood before them. The only one who writes such codes is
        // `put`, over what `serialize` returned for the component of that digest on an engine of this hash;
        // who has not the key cannot make another. `code` lies in memory of this process, read once, before it was
        // checked: no change of the file can come between. That wasmtime and its settings are the same as
        // when it was written is in the code's input (`self.engine`), and `deserialize` itself checks it too.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps the compiled code of `component`. When that fails, such as for want of space, it is compiled
    /// again next time.
    pub(crate) fn put(&self, component: &[u8], compiled: &Component) {
        if let Ok(code) = compiled.serialize() {
            let digest = Sha256::digest(component).into();
            if self.write(&digest, &code).is_ok() {
                self.remove_oldest();
            }
        }
    }

    /// Writes beside the entry and then puts it in its place, so that nobody reads half of one.
    fn write(&self, digest: &[u8; CODE_BYTES], code: &[u8]) -> io::Result<()> {
        let mac = self
            .mac(digest, code)
            .ok_or_else(|| io::Error::other("the key has no use"))?;
        let beside = self.folder.join(unused_name());
        let written = create_private(&beside).and_then(|mut file| {
            file.write_all(&mac.finalize().into_bytes())?;
            file.write_all(code)
        });
        let placed = written.and_then(|()| fs::rename(&beside, self.path(digest)));
        if placed.is_err() {
            let _ = fs::remove_file(&beside);
        }
        placed
    }

    /// Everything that an entry's code is about. It is `None` for no key of our length.
    fn mac(&self, digest: &[u8; CODE_BYTES], code: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(FORM);
        mac.update(&self.engine);
        mac.update(digest);
        mac.update(code);
        Some(mac)
    }

    fn path(&self, digest: &[u8; CODE_BYTES]) -> PathBuf {
        let mut name = Sha256::new();
        name.update(self.engine);
        name.update(digest);
        self.folder
            .join(format!("{}.code", hexadecimal(&name.finalize())))
    }

    /// Leaves the newest [`MAX_ENTRIES`], and what was left half written long ago goes with the rest.
    fn remove_oldest(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let dated = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let written = entry.metadata().ok()?.modified().ok()?;
            (entry.file_name() != KEY_FILE).then(|| (written, entry.path()))
        });
        let mut files: Vec<_> = dated.collect();
        files.sort();
        let surplus = files.len().saturating_sub(MAX_ENTRIES);
        for (_, path) in files.into_iter().take(surplus) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Feeds what is hashed to SHA-256.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is taken whole.
    fn finish(&self) -> u64 {
        0
    }
}

/// Reads the key, and makes one where there is none. Of several processes that make one at the same time
/// the first wins, and all of them read what it wrote.
fn read_key(folder: &Path) -> io::Result<[u8; CODE_BYTES]> {
    let path = folder.join(KEY_FILE);
    match fs::read(&path).map(|bytes| <[u8; CODE_BYTES]>::try_from(bytes.as_slice())) {
        Ok(Ok(key)) => return Ok(key),
        // A crash left half of it, so there are no entries under it.
        Ok(Err(_)) => fs::remove_file(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut key = [0; CODE_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let beside = folder.join(unused_name());
    let mut file = create_private(&beside)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // A link, unlike a rename, does not take the place of one that is there.
    let linked = fs::hard_link(&beside, &path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut key = [0; CODE_BYTES];
    File::open(&path)?.read_exact(&mut key)?;
    Ok(key)
}

/// A name that no other writer has: the process and a count.
fn unused_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{count}.part", std::process::id())
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(io::Error::other("it is no folder of its own"));
    }
    // What we make is ours: so its owner is who we are.
    let probe = folder.join(unused_name());
    let ours = create_private(&probe).and_then(|file| file.metadata());
    let _ = fs::remove_file(&probe);
    if found.uid() != ours?.uid() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if found.mode() & 0o077 != 0 {
        // What lies in a folder that others could write to may be theirs.
        return Err(io::Error::other(format!(
            "expected a folder that lets in nobody else, found the mode {:o}\n\nhint: remove it, and it is made anew",
            found.permissions().mode() & 0o777
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
