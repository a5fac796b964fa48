//! What the services of a plugin remember: a space of keys and values for each plugin.

use crate::error::StoreError;
use crate::key_value::{Batch, Range};
use crate::store::Store;
use crate::tables::Table;

fn row(plugin: &str, key: &str) -> Vec<u8> {
    [plugin.as_bytes(), &[0], key.as_bytes()].concat()
}

impl Store {
    /// What a plugin has under a key.
    ///
    /// # Errors
    /// The backend failed.
    pub fn plugin_value(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.key_value().get(Table::KeyValues, &row(plugin, key))
    }

    /// Puts something under a key of a plugin, or removes what is there. It is on disk when this returns.
    ///
    /// # Errors
    /// The backend failed.
    pub fn set_plugin_value(
        &self,
        plugin: &str,
        key: &str,
        value: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let key = row(plugin, key);
        let mut batch = Batch::default();
        match value {
            Some(value) => batch.puts.push((Table::KeyValues, key, value)),
            None => batch.deletes.push((Table::KeyValues, key)),
        }
        self.key_value().commit(batch)
    }

    /// Keys of a plugin that begin with `prefix`, after `after` if it is given, each with the size of its value in bytes, in order.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn plugin_keys(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, usize)>, StoreError> {
        let start = row(plugin, prefix);
        let after = after.map(|after| row(plugin, after));
        // What comes before all of them is no place to begin at.
        let after = after.filter(|after| *after >= start);
        let range = Range::prefix(&start, after.as_deref(), limit);
        let rows = self.key_value().scan(Table::KeyValues, &range)?;
        let key = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let key = key.get(plugin.len() + 1..).map(<[u8]>::to_vec);
            let key = key.and_then(|key| String::from_utf8(key).ok());
            let key =
                key.ok_or_else(|| StoreError::corrupt(Table::KeyValues, "a key holds no text"))?;
            Ok((key, value.len()))
        };
        rows.iter().map(key).collect()
    }
}
