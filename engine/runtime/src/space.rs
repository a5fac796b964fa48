//! What the services of plugins remember, in the store.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use casewright_host::{KeyValueError, KeyValueSpace};
use casewright_store::{Store, StoreError};

/// How many rows are read at a time while a space is measured.
const PAGE: usize = 1024;

/// The key-value spaces of plugins. They are in the store of the runtime that runs the plugins; before there is one,
/// none is available. Clones are the same spaces.
#[derive(Clone, Default)]
pub struct Spaces(Arc<OnceLock<Arc<Store>>>);

impl Spaces {
    /// The space of a plugin.
    pub fn of(&self, plugin: &str) -> Arc<dyn KeyValueSpace> {
        Arc::new(Space {
            spaces: self.clone(),
            plugin: plugin.to_owned(),
            bytes: Mutex::new(None),
        })
    }

    /// Says where they are. A second store is not taken.
    pub(crate) fn lie_in(&self, store: &Arc<Store>) {
        let _ = self.0.set(store.clone());
    }

    fn store(&self) -> Result<&Store, KeyValueError> {
        let store = self.0.get().map(|store| &**store);
        store.ok_or_else(|| KeyValueError::Unavailable {
            message: "there is no store yet".to_owned(),
        })
    }
}

struct Space {
    spaces: Spaces,
    plugin: String,
    /// What it holds, once it has been measured. Held while it is written.
    bytes: Mutex<Option<u64>>,
}

impl Space {
    /// The bytes of an entry.
    fn size(&self, store: &Store, key: &str) -> Result<u64, KeyValueError> {
        let value = store.plugin_value(&self.plugin, key).map_err(failed)?;
        Ok(value.map_or(0, |value| (key.len() + value.len()) as u64))
    }

    fn measured(&self, store: &Store) -> Result<u64, KeyValueError> {
        let mut bytes = 0;
        let mut after: Option<String> = None;
        loop {
            let page = store
                .plugin_keys(&self.plugin, "", after.as_deref(), PAGE)
                .map_err(failed)?;
            let sizes = page.iter().map(|(key, value)| (key.len() + value) as u64);
            bytes += sizes.sum::<u64>();
            if page.len() < PAGE {
                return Ok(bytes);
            }
            after = page.into_iter().next_back().map(|(key, _)| key);
        }
    }

    /// Puts a value under a key, or removes what is there, if the space then holds no more than it may.
    fn write(&self, key: &str, value: Option<&[u8]>, limit: u64) -> Result<(), KeyValueError> {
        let store = self.spaces.store()?;
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *bytes {
            Some(bytes) => bytes,
            None => self.measured(store)?,
        };
        let size = value.map_or(0, |value| (key.len() + value.len()) as u64);
        let others = before.saturating_sub(self.size(store, key)?);
        let found = others.saturating_add(size);
        if found > limit {
            return Err(KeyValueError::Full { found, limit });
        }
        // Whether it was written is not known when this fails: it is measured again then.
        *bytes = None;
        let value = value.map(<[u8]>::to_vec);
        store
            .set_plugin_value(&self.plugin, key, value)
            .map_err(failed)?;
        *bytes = Some(found);
        Ok(())
    }
}

impl KeyValueSpace for Space {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let store = self.spaces.store()?;
        store.plugin_value(&self.plugin, key).map_err(failed)
    }

    fn set(&self, key: &str, value: &[u8], limit_bytes: u64) -> Result<(), KeyValueError> {
        self.write(key, Some(value), limit_bytes)
    }

    fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.write(key, None, u64::MAX)
    }

    fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, KeyValueError> {
        let store = self.spaces.store()?;
        let keys = store.plugin_keys(&self.plugin, prefix, after, limit);
        let keys = keys.map_err(failed)?.into_iter();
        Ok(keys.map(|(key, _)| key).collect())
    }
}

fn failed(error: StoreError) -> KeyValueError {
    tracing::error!(%error, "what a plugin remembers cannot be read or written");
    KeyValueError::Unavailable {
        message: error.to_string(),
    }
}
