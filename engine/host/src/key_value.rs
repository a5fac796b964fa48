//! What a plugin remembers from one call to the next.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The key-value space of one plugin: whoever runs the host keeps it where it outlives the process.
///
/// Calls of the plugin that run at the same time use it at the same time; each operation is done wholly or not at all.
/// What it holds is counted as the bytes of all keys and values.
pub trait KeyValueSpace: Send + Sync {
    /// The value under `key`.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::Unavailable`].
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError>;

    /// Puts `value` under `key`, over what is there, unless the space would then hold more than `limit_bytes`.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::Full`] then, and the space is as it was; [`KeyValueError::Unavailable`].
    fn set(&self, key: &str, value: &[u8], limit_bytes: u64) -> Result<(), KeyValueError>;

    /// Removes `key`; nothing happens when it is not there.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::Unavailable`].
    fn delete(&self, key: &str) -> Result<(), KeyValueError>;

    /// The keys that begin with `prefix` and come after `after`, in the order of their bytes, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::Unavailable`].
    fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, KeyValueError>;
}

/// Why a key-value space did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyValueError {
    /// It would hold more than it may.
    #[error("the key-value space would hold {found} bytes, {limit} are granted")]
    Full {
        /// What it would hold, in bytes.
        found: u64,
        /// What it may hold, in bytes.
        limit: u64,
    },
    /// It cannot be read or written at the moment.
    #[error("the key-value space is not available: {message}")]
    Unavailable {
        /// Why, for the operator.
        message: String,
    },
}

/// A key-value space that is gone with the process: for tests, and for trying a plugin out.
#[derive(Debug, Default)]
pub struct MemorySpace(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemorySpace {
    /// What is in it.
    pub fn content(&self) -> BTreeMap<String, Vec<u8>> {
        self.entries().clone()
    }

    /// Each operation changes one entry, so a lock that was poisoned guards a whole map all the same.
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyValueSpace for MemorySpace {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        Ok(self.entries().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8], limit_bytes: u64) -> Result<(), KeyValueError> {
        let mut entries = self.entries();
        let others = entries.iter().filter(|(other, _)| *other != key);
        let others: usize = others.map(|(key, value)| key.len() + value.len()).sum();
        let found = (others + key.len() + value.len()) as u64;
        if found > limit_bytes {
            let limit = limit_bytes;
            return Err(KeyValueError::Full { found, limit });
        }
        entries.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.entries().remove(key);
        Ok(())
    }

    fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, KeyValueError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let entries = self.entries();
        let from = entries.range::<str, _>((start, Bound::Unbounded));
        let with_prefix = from
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix));
        Ok(with_prefix.take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_as_they_stand() {
        let space = MemorySpace::default();
        space.set("ab", b"12345678", 10).unwrap();
        space.set("ab", b"87654321", 10).unwrap();
        let full = KeyValueError::Full {
            found: 11,
            limit: 10,
        };
        assert_eq!(space.set("ab", b"123456789", 10), Err(full));
        assert_eq!(space.get("ab"), Ok(Some(b"87654321".to_vec())));
        space.delete("ab").unwrap();
        space.delete("ab").unwrap();
        assert_eq!(space.get("ab"), Ok(None));
    }

    #[test]
    fn keys_come_in_order_and_in_pages() {
        let space = MemorySpace::default();
        for key in ["b/2", "a/1", "b/1", "b/3", "c"] {
            space.set(key, b"", 1000).unwrap();
        }
        assert_eq!(space.keys("b/", None, 2).unwrap(), ["b/1", "b/2"]);
        assert_eq!(space.keys("b/", Some("b/2"), 2).unwrap(), ["b/3"]);
        assert_eq!(space.keys("b/", Some("a"), 1).unwrap(), ["b/1"]);
        assert_eq!(space.keys("b/", Some("z"), 2).unwrap(), [""; 0]);
        assert_eq!(space.keys("", None, 9).unwrap().len(), 5);
    }
}
