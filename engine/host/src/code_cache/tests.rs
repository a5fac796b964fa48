//! What is kept is taken back when it is what was written, and else is not there.

use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use wasmtime::Config;

use super::*;

/// Two components that differ in a name.
const ONE: &str =
    r#"(component (core module $m (func (export "one"))) (core instance (instantiate $m)))"#;
const TWO: &str =
    r#"(component (core module $m (func (export "two"))) (core instance (instantiate $m)))"#;

struct Room {
    folder: TempDir,
    engine: Engine,
    cache: CodeCache,
}

impl Room {
    fn new() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = CodeCache::open(&folder.path().join("code"), &engine).unwrap();
        Room {
            folder,
            engine,
            cache,
        }
    }

    /// Compiles, keeps and returns the bytes of a component.
    fn put(&self, text: &str) -> Vec<u8> {
        let bytes = wat::parse_str(text).unwrap();
        let compiled = Component::from_binary(&self.engine, &bytes).unwrap();
        self.cache.put(&bytes, &compiled);
        assert!(self.has(&bytes));
        bytes
    }

    fn has(&self, component: &[u8]) -> bool {
        self.cache.get(&self.engine, component).is_some()
    }

    fn entry(&self, component: &[u8]) -> PathBuf {
        self.cache.path(&Sha256::digest(component).into())
    }

    fn reopen(&self) -> io::Result<CodeCache> {
        CodeCache::open(&self.cache.folder, &self.engine)
    }
}

#[test]
fn what_was_kept_is_there_again() {
    let room = Room::new();
    let [one, two] = [room.put(ONE), room.put(TWO)];
    let again = room.reopen().unwrap();
    assert!(again.get(&room.engine, &one).is_some());
    assert!(again.get(&room.engine, &two).is_some());
    assert!(again.get(&room.engine, b"neither").is_none());
}

#[test]
fn what_was_altered_is_not_there() {
    let room = Room::new();
    let one = room.put(ONE);
    let path = room.entry(&one);
    let whole = fs::read(&path).unwrap();
    // Every byte of the code that authenticates, and some of what it is about.
    let places = (0..CODE_BYTES).chain((CODE_BYTES..whole.len()).step_by(501));
    for at in places.chain([whole.len() - 1]) {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        fs::write(&path, &altered).unwrap();
        assert!(!room.has(&one), "byte {at}");
    }
    for length in [0, 1, CODE_BYTES, CODE_BYTES + 1, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(!room.has(&one), "{length} bytes");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    fs::write(&path, longer).unwrap();
    assert!(!room.has(&one));
    // Compiled again, it is there again.
    room.put(ONE);
}

#[test]
fn entry_of_another_component_is_not_taken() {
    let room = Room::new();
    let [one, two] = [room.put(ONE), room.put(TWO)];
    fs::rename(room.entry(&two), room.entry(&one)).unwrap();
    assert!(!room.has(&one));
}

#[test]
fn entry_of_another_folder_is_not_taken() {
    let [here, there] = [Room::new(), Room::new()];
    let one = here.put(ONE);
    there.put(ONE);
    fs::copy(there.entry(&one), here.entry(&one)).unwrap();
    assert!(!here.has(&one));
}

#[test]
fn entry_of_another_engine_is_not_taken() {
    let room = Room::new();
    let one = room.put(ONE);
    let mut config = Config::new();
    config.consume_fuel(true);
    let other = Engine::new(&config).unwrap();
    let cache = CodeCache::open(&room.cache.folder, &other).unwrap();
    assert!(cache.get(&other, &one).is_none());
    // Nor when it is put where that engine looks.
    fs::rename(room.entry(&one), cache.path(&Sha256::digest(&one).into())).unwrap();
    assert!(cache.get(&other, &one).is_none());
}

#[test]
fn key_that_was_half_written_is_made_anew() {
    let room = Room::new();
    let one = room.put(ONE);
    fs::write(room.cache.folder.join(KEY_FILE), b"half").unwrap();
    let again = room.reopen().unwrap();
    assert_ne!(again.key, room.cache.key);
    assert!(again.get(&room.engine, &one).is_none());
}

#[test]
fn oldest_entries_go() {
    let room = Room::new();
    for age in 0..MAX_ENTRIES + 5 {
        let path = room.cache.folder.join(format!("{age:03}.code"));
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age as u64);
        File::create(path).unwrap().set_modified(then).unwrap();
    }
    room.put(ONE);
    let names = fs::read_dir(&room.cache.folder).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    // The entries that are allowed, and the key.
    assert_eq!(names.len(), MAX_ENTRIES + 1);
    assert!(names.contains(&"000.code".to_owned()) && !names.contains(&"063.code".to_owned()));
}

#[cfg(unix)]
#[test]
fn folder_lets_in_nobody_else() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let room = Room::new();
    let folder = &room.cache.folder;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(&folder.join(KEY_FILE)), 0o600);
    assert_eq!(mode(&room.entry(&room.put(ONE))), 0o600);

    fs::set_permissions(folder, fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(
        room.reopen().unwrap_err().to_string(),
        "expected a folder that lets in nobody else, found the mode 770\n\nhint: remove it, and it is made anew"
    );
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    let link = room.folder.path().join("link");
    symlink(folder, &link).unwrap();
    assert_eq!(
        CodeCache::open(&link, &room.engine)
            .unwrap_err()
            .to_string(),
        "it is no folder of its own"
    );
}
