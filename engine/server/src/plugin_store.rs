//! The plugins of a server: loaded at the start, and replaced while it runs.
//!
//! What is applied while it runs is kept in a file beside the data, so that it is there after the next start, too, unless
//! the folder that the operator names has one of its name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use casewright_definition::Digest;
use casewright_host::{Host, LoadError, Plugin};
use casewright_runtime::{Plugins, STORE_FILE, Spaces};
use clap::Args;

use crate::cli::{Failure, tell};
use crate::folder::{self, PLUGIN_CACHE};
use crate::grants::{self, Given, NotGranted};
use crate::signature::Keys;

/// The folder beside the data with the plugins that were applied.
const FOLDER: &str = "plugins";
/// The folder beside the data with the compiled code of plugins. Whoever removes it waits longer for the next
/// start, and no more.
const CODE: &str = "plugin-cache";

/// What is held of files that come in, unless one that is allowed is larger.
const UPLOAD_BYTES: usize = 64 << 20;

/// Says which plugins that were applied are not used, because the folder has others of their names.
fn overridden(applied: &[(String, Vec<u8>)], given: &[(String, Vec<u8>)]) {
    for (file, bytes) in applied {
        let stem = Path::new(file).file_stem();
        let mut same = given
            .iter()
            .filter(|(other, _)| Path::new(other).file_stem() == stem);
        if let Some((other, _)) = same.find(|(_, other)| other != bytes) {
            tell(format_args!(
                "warning: `{other}` is used in the place of `{file}`, which was applied to the server"
            ));
        }
    }
}

/// Which plugins a server has, and what they may do, as its operator says.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The folder with the plugins (`.wasm`), in place of the shipped ones. They take the place of those of
    /// the same name that were applied to the server while it ran.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// A public key, or a folder with public keys (`.pem`): plugins that none of them has signed are refused, at the
    /// start and while the server runs.
    #[arg(long, value_name = "FILE|DIR", requires = "plugins")]
    plugin_keys: Option<PathBuf>,
    /// What plugins may reach, such as hosts and secrets, and what their calls may use, such as memory. A YAML file; its
    /// schema is what `casewright schema grants` prints. Without it, nothing is reached, and the usual limits hold.
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// The folder in which the compiled code of plugins is kept from one start to the next, which nobody else may
    /// read [default: `plugin-cache` beside the data, from the second start on]
    #[arg(long, value_name = "DIR", env = PLUGIN_CACHE, hide_env_values = true)]
    plugin_cache: Option<PathBuf>,
}

/// Where the plugins of a server come from, and where those go that are applied to it.
pub(crate) struct PluginStore {
    host: Host,
    folder: PathBuf,
    /// The keys by one of which every plugin has to be signed; without them none has to be.
    keys: Option<Keys>,
    /// What services may reach.
    grants: Given,
    /// What they remember.
    spaces: Spaces,
}

impl PluginStore {
    /// The plugins of a server with a data folder: those of the chosen folder, over those that were applied before, over
    /// the shipped ones; the shipped ones only without such a folder. With keys, each has to be signed by one of them.
    ///
    /// # Errors
    /// A folder, the keys or the grants cannot be read, or a file of a folder is no plugin, has no good signature, or
    /// asks for more than is granted. A shipped one that does is left out.
    pub(crate) fn open(data: &Path, chosen: &Chosen) -> Result<(Self, Plugins), Failure> {
        let keys = chosen.plugin_keys.as_deref().map(Keys::read).transpose()?;
        let grants = Given::read(chosen.grants.as_deref())?;
        let code = chosen.plugin_cache.clone();
        let chosen = chosen.plugins.as_deref();
        // A start that fails leaves nothing behind, so code is kept once there is a store to keep it beside.
        let has_store = data.join(STORE_FILE).is_file();
        let code = code.or_else(|| has_store.then(|| data.join(CODE)));
        let store = PluginStore {
            host: folder::host(code, &grants)?,
            folder: data.join(FOLDER),
            keys,
            grants,
            spaces: Spaces::default(),
        };
        let applied = match store.folder.is_dir() {
            true => folder::plugin_files(Some(&store.folder))?,
            false => Vec::new(),
        };
        let given = folder::plugin_files(chosen)?;
        if let Some(keys) = &store.keys {
            for (name, bytes) in &given {
                keys.verify(Path::new(name), bytes)?;
            }
            for (name, bytes) in &applied {
                store.verify_applied(keys, Path::new(name), bytes)?;
            }
        }
        if chosen.is_some() {
            overridden(&applied, &given);
        }
        let given_names = given.iter().map(|(name, _)| name.clone()).collect();
        // Of two with one name the later counts.
        let (first, last) = match chosen {
            Some(_) => (applied, given),
            None => (given, applied),
        };
        let files: Vec<_> = first.into_iter().chain(last).collect();
        let mut plugins = Vec::new();
        let shipped: Vec<String> = match chosen {
            Some(_) => Vec::new(),
            None => given_names,
        };
        for ((name, _), plugin) in files.iter().zip(folder::compile(&store.host, &files)?) {
            match store.judged(plugin) {
                Ok(plugin) => plugins.push(plugin),
                // Nobody has asked for it.
                Err(_) if shipped.contains(name) => {}
                Err(refused) => return Err(Failure(refused.to_string())),
            }
        }
        let plugins = Plugins::new(plugins).with_spaces(store.spaces.clone());
        Ok((store, plugins))
    }

    /// As [`Keys::verify`], of a file that was applied.
    fn verify_applied(&self, keys: &Keys, file: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let signature = self.signature_of(&name, &Digest::of(bytes).to_string());
        match fs::read(&signature) {
            Ok(signature) if keys.key_of(bytes, &signature).is_some() => Ok(()),
            _ => Err(Failure(format!(
                "`{}` was applied while the server ran, and is not signed by one of the keys\n\n\
                 hint: start without it, by moving it elsewhere, and apply it with its signature",
                file.display()
            ))),
        }
    }

    /// Where the signature of a file is that was applied. The digest is in the name: the two come to be one after the
    /// other, and whatever happens in between, one that belongs to the file is there.
    fn signature_of(&self, name: &str, digest: &str) -> PathBuf {
        self.folder.join(format!("{name}.{digest}.sig"))
    }

    /// Whether the signature of these bytes is one that is asked for, if any is.
    pub(crate) fn is_signed(&self, bytes: &[u8], signature: Option<&[u8]>) -> bool {
        let Some(keys) = &self.keys else {
            return true;
        };
        signature.is_some_and(|signature| keys.key_of(bytes, signature).is_some())
    }

    /// The size of the largest file that can be a plugin of this name, in bytes.
    pub(crate) fn largest(&self, name: &str) -> usize {
        self.host.limits(name).component_bytes
    }

    /// How much is held of files that come in, of all together, in bytes: the largest one fits.
    pub(crate) fn upload_bytes(&self) -> usize {
        UPLOAD_BYTES.max(self.host.component_bytes())
    }

    /// Loads a plugin. Takes seconds for one that carries a language runtime.
    ///
    /// # Errors
    /// The bytes are no plugin.
    pub(crate) fn load(&self, name: &str, bytes: &[u8]) -> Result<Plugin, LoadError> {
        self.host.load(name, bytes)
    }

    /// A plugin with what its services may reach.
    ///
    /// # Errors
    /// It asks for more than is granted, or a secret is not to be had.
    pub(crate) fn judged(&self, plugin: Plugin) -> Result<Plugin, NotGranted> {
        grants::judged(plugin, &self.grants, |name| self.spaces.of(name))
    }

    /// Keeps the bytes of a plugin for the next start, and the signature that they came with. They are on disk when
    /// this returns.
    ///
    /// # Errors
    /// The disk failed, or is full. What was kept before is there.
    pub(crate) fn keep(
        &self,
        plugin: &Plugin,
        bytes: &[u8],
        signature: Option<&[u8]>,
    ) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let name = plugin.name();
        let signed = self.signature_of(name, plugin.digest());
        if let Some(signature) = signature {
            self.write(&signed, signature)?;
        }
        self.write(&self.folder.join(format!("{name}.wasm")), bytes)?;
        // The signatures of those that were there before. One that stays harms nobody.
        let before = format!("{name}.");
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        for entry in entries.flatten() {
            let path = entry.path();
            let is_signature = path.extension().is_some_and(|ending| ending == "sig");
            let is_of_it = entry.file_name().to_string_lossy().starts_with(&before);
            if is_signature && is_of_it && path != signed {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Puts a file into the folder, in the place of one with its name, or leaves all as it was.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Names of plugins are kebab case; no plugin is called like this.
        let unfinished = self.folder.join(".unfinished");
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        // The name has to be on disk, too, and perhaps the folder's own.
        #[cfg(unix)]
        for folder in [Some(&*self.folder), self.folder.parent()]
            .into_iter()
            .flatten()
        {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
