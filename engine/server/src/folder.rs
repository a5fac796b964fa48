//! Packs and plugins from folders on disk, or the shipped ones.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use casewright_definition::{Checked, Definition, Digest, Files, Findings, Functions, Pack};
use casewright_host::{Host, HostConfig, Limits, Plugin};
use casewright_runtime::Plugins;

use crate::cli::{Failure, tell};
use crate::grants::Given;
use crate::shipped;

/// How deep a pack's folders may nest.
const MAX_FOLDER_DEPTH: usize = 8;

/// Loads the plugins of a folder (every `.wasm` in it), or the shipped ones.
///
/// # Errors
/// The folder cannot be read, or one of its files is no plugin.
pub fn load_plugins(folder: Option<&Path>) -> Result<Plugins, Failure> {
    Ok(Plugins::new(compile(
        &usual_host()?,
        &plugin_files(folder)?,
    )?))
}

/// What the plugins of a folder can do, or the shipped ones: all that checking needs to know of them.
///
/// A plugin whose bytes are those of a shipped one is not asked again: its answer was written down
/// when it was built. Any other is compiled and asked.
///
/// # Errors
/// As [`load_plugins`].
pub fn load_functions(folder: Option<&Path>) -> Result<Functions, Failure> {
    let known = shipped::descriptions()?;
    let mut described = BTreeMap::new();
    for (name, bytes) in plugin_files(folder)? {
        let (name, functions) = match known.get(&Digest::of(&bytes).to_string()) {
            Some(description) => (description.name.clone(), description.functions()),
            None => {
                let plugins = compile(&usual_host()?, &[(name, bytes)])?;
                let name = plugins.iter().map(Plugin::name).collect();
                (name, Plugins::new(plugins).functions())
            }
        };
        // Of two with one name the later counts, here as where they run.
        described.insert(name, functions);
    }
    Ok(described.into_values().flatten().collect())
}

fn usual_host() -> Result<Host, Failure> {
    desk_host(HostConfig {
        concurrent_calls: concurrent_calls(),
        ..HostConfig::default()
    })
}

/// The files of the plugins in a folder (every `.wasm` in it), or of the shipped ones.
pub(crate) fn plugin_files(folder: Option<&Path>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    match folder {
        Some(folder) => read_plugins(folder),
        None => Ok(shipped::plugins()),
    }
}

/// Compiled code is kept in this folder, whatever is usual.
pub(crate) const PLUGIN_CACHE: &str = "CASEWRIGHT_PLUGIN_CACHE";

/// A host for commands on somebody's desk. Compiled code is kept with what else the user's programs can make anew:
/// those who build a plugin ask it again and again, and one that carries a language runtime takes seconds to compile.
pub(crate) fn desk_host(config: HostConfig) -> Result<Host, Failure> {
    let users = || {
        let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let named = named.filter(|folder| folder.is_absolute());
        let usual = || env::home_dir().map(|home| home.join(".cache"));
        Some(named.or_else(usual)?.join("casewright"))
    };
    let caching = HostConfig {
        code_cache: env::var_os(PLUGIN_CACHE).map(PathBuf::from).or_else(users),
        ..config.clone()
    };
    // Nobody has asked for it, so nobody misses it.
    let host = Host::new(caching).or_else(|_| Host::new(config));
    host.map_err(|error| Failure(error.to_string()))
}

/// A call computes from its beginning to its end, and one plugin's take half of the places at most: all cores but one, which is
/// for everything else. Where there are two, one that computes without end would otherwise keep each request waiting for as
/// long as the system lets a thread run, a hundred times what the request takes.
fn concurrent_calls() -> u32 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let each = cores.saturating_sub(1).max(1);
    u32::try_from(2 * each).unwrap_or(u32::MAX)
}

/// What runs plugins, within the limits that the operator has given. Compiled code is kept in the folder `code_cache`, if one is
/// given, from one start to the next; where it cannot be kept there, that is said.
pub(crate) fn host(code_cache: Option<PathBuf>, given: &Given) -> Result<Host, Failure> {
    let (limits, plugin_limits) = given.limits(&Limits::default());
    let config = HostConfig {
        limits,
        plugin_limits,
        concurrent_calls: concurrent_calls(),
        code_cache,
    };
    let keeps_code = config.code_cache.is_some();
    let bare = HostConfig {
        code_cache: None,
        ..config.clone()
    };
    let host = Host::new(config).or_else(|error| match keeps_code {
        true => {
            tell(format_args!("warning: {error}"));
            Host::new(bare)
        }
        false => Err(error),
    });
    host.map_err(|error| Failure(error.to_string()))
}

pub(crate) fn compile(host: &Host, files: &[(String, Vec<u8>)]) -> Result<Vec<Plugin>, Failure> {
    // Compiling is most of the work, and each plugin is compiled alone.
    let loaded: Vec<Result<Plugin, Failure>> = thread::scope(|scope| {
        let load = |(name, bytes): &(String, Vec<u8>)| {
            host.load(name, bytes)
                .map_err(|error| Failure(error.to_string()))
        };
        let threads: Vec<_> = files
            .iter()
            .map(|file| scope.spawn(move || load(file)))
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<Plugin, Failure>>| {
            let panicked = |_| Err(Failure("loading a plugin ended in a panic".into()));
            thread.join().unwrap_or_else(panicked)
        };
        threads.into_iter().map(join).collect()
    });
    loaded.into_iter().collect()
}

fn read_plugins(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push((path.display().to_string(), read(&path)?));
        }
    }
    Ok(files)
}

/// Checks a pack in a folder, or the shipped one, with every workflow in it.
///
/// # Errors
/// The folder cannot be read.
pub fn check_pack(folder: Option<&Path>, plugins: &Plugins) -> Result<Checked, Failure> {
    check_pack_against(folder, &plugins.functions())
}

/// As [`check_pack`], with what the plugins can do in place of the plugins themselves.
///
/// # Errors
/// The folder cannot be read.
pub fn check_pack_against(
    folder: Option<&Path>,
    functions: &Functions,
) -> Result<Checked, Failure> {
    Ok(match folder {
        Some(folder) => {
            let files = read_pack(folder)?;
            let display = |path: &str| folder.join(path).display().to_string();
            Pack::check(&files, display, Some(functions))
        }
        None => {
            let display = |path: &str| format!("{}/{path}", shipped::PACK_NAME);
            Pack::check(&shipped::pack(), display, Some(functions))
        }
    })
}

/// Checks one workflow file against the pack whose folder it lies in, or else the shipped one.
///
/// # Errors
/// The file or its pack cannot be read, or the pack is not sound.
pub fn check_workflow(
    path: &Path,
    plugins: &Plugins,
) -> Result<(Option<Definition>, Findings), Failure> {
    check_workflow_against(path, &plugins.functions())
}

/// As [`check_workflow`], with what the plugins can do in place of the plugins themselves.
///
/// # Errors
/// The file or its pack cannot be read, or the pack is not sound.
pub fn check_workflow_against(
    path: &Path,
    functions: &Functions,
) -> Result<(Option<Definition>, Findings), Failure> {
    let folder = pack_folder(path);
    let checked = check_pack_against(folder.as_deref(), functions)?;
    let Some(pack) = checked.pack else {
        let reports = checked
            .findings
            .iter()
            .filter(|findings| findings.has_errors());
        let reports: Vec<String> = reports
            .map(|findings| findings.report().to_string())
            .collect();
        let shown = path.display();
        return Err(Failure(format!(
            "the pack around `{shown}` is not sound\n\n{}",
            reports.join("\n")
        )));
    };
    let name = path.display().to_string();
    let bytes = read(path)?;
    Ok(Definition::check_bytes(name, bytes, &pack, Some(functions)))
}

/// The nearest folder around a file that holds a `pack.yaml`.
fn pack_folder(path: &Path) -> Option<PathBuf> {
    let absolute = path.canonicalize().ok()?;
    let folders = absolute.ancestors().skip(1);
    let mut packs = folders.filter(|folder| folder.join("pack.yaml").is_file());
    packs.next().map(Path::to_path_buf)
}

/// The nearest folder around a path, or the path itself, that holds a `pack.yaml`, in the words of the
/// path: inside `a/b`, the pack around it is `a` and not `/home/li.na/a`.
pub fn pack_around(path: &Path) -> Option<PathBuf> {
    let is_pack = |folder: &&Path| folder.join("pack.yaml").is_file();
    let said = path.ancestors().find(is_pack).map(Path::to_path_buf);
    said.or_else(|| pack_folder(path))
}

/// The scenario files (`.yaml`, `.yml`) at a path: those of a pack, of a folder with all that is in it,
/// or the file itself. Each with its name and what it holds, in the order of their names.
///
/// # Errors
/// A folder or file cannot be read.
pub fn scenarios(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    if !path.is_dir() {
        return Ok(vec![(path.display().to_string(), read(path)?)]);
    }
    let folder = match path.join("pack.yaml").is_file() {
        true => path.join("scenarios"),
        false => path.to_path_buf(),
    };
    let mut files = Files::new();
    if folder.is_dir() {
        collect(&folder, "", 0, &mut files)?;
    }
    let files = files.into_iter().filter(|(name, _)| is_yaml(name));
    let shown = |name: String| folder.join(name).display().to_string();
    Ok(files.map(|(name, bytes)| (shown(name), bytes)).collect())
}

/// The scenario files of the shipped pack, as [`scenarios`] has those of a folder.
pub fn shipped_scenarios() -> Vec<(String, Vec<u8>)> {
    let files = shipped::pack().into_iter();
    let files = files.filter(|(name, _)| name.starts_with("scenarios/") && is_yaml(name));
    let shown = |name: String| format!("{}/{name}", shipped::PACK_NAME);
    files.map(|(name, bytes)| (shown(name), bytes)).collect()
}

fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

fn read_pack(folder: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    collect(folder, "", 0, &mut files)?;
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Files) -> Result<(), Failure> {
    for path in entries(folder)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let inner = format!("{prefix}{name}");
        if path.is_dir() && depth < MAX_FOLDER_DEPTH {
            collect(&path, &format!("{inner}/"), depth + 1, files)?;
        } else if [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            files.insert(inner, read(&path)?);
        }
    }
    Ok(())
}

/// What lies in a folder, in the order of its names.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| {
        Failure::new(
            format_args!("cannot read the folder `{}`", folder.display()),
            error,
        )
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// Reads a file.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path)
        .map_err(|error| Failure::new(format_args!("cannot read `{}`", path.display()), error))
}
