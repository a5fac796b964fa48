//! From a file's bytes to a compiled component that imports nothing but what its world lets it.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmparser::{Parser, Payload};
use wasmtime::Engine;
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

use crate::code_cache::CodeCache;
use crate::limits::Limits;
use crate::load_error::LoadFailure;
use crate::world::World;

/// The component that `bytes` are, or are wrapped into, and the world that it is for.
pub(crate) fn read<'a>(
    limits: &Limits,
    bytes: &'a [u8],
) -> Result<(Cow<'a, [u8]>, World), LoadFailure> {
    if bytes.len() > limits.component_bytes {
        return Err(LoadFailure::TooLarge {
            found: bytes.len() as u64,
            limit: limits.component_bytes as u64,
        });
    }
    if Parser::is_component(bytes) {
        Ok((Cow::Borrowed(bytes), World::of(bytes)))
    } else if Parser::is_core_wasm(bytes) {
        let world = World::of(bytes);
        Ok((Cow::Owned(wrap(bytes, world)?), world))
    } else {
        Err(LoadFailure::NotWasm {
            found: beginning(bytes),
        })
    }
}

/// Compiles `component`, which was read, or takes its code from `cache`.
pub(crate) fn compile(
    engine: &Engine,
    cache: Option<&CodeCache>,
    bytes: &[u8],
    world: World,
) -> Result<Component, LoadFailure> {
    if let Some(component) = cache.and_then(|cache| cache.get(engine, bytes)) {
        check_world(engine, &component, world)?;
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes).map_err(not_compiled)?;
    check_world(engine, &component, world)?;
    if let Some(cache) = cache {
        cache.put(bytes, &component);
    }
    Ok(component)
}

/// Wraps a core module, as `wasm32-unknown-unknown` makes them, into the component that the
/// description of its world in the section `component-type` asks for.
fn wrap(module: &[u8], world: World) -> Result<Vec<u8>, LoadFailure> {
    check_core_imports(module, world)?;
    // The encoder is a build tool that was not made to withstand hostile input, so a panic in it
    // counts as the verdict that the input is bad.
    let encoded = catch_unwind(AssertUnwindSafe(|| {
        ComponentEncoder::default().module(module)?.encode()
    }));
    match encoded {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(world.lacks(chain(error.chain()))),
        Err(_) => Err(LoadFailure::Malformed {
            message: "the module cannot be wrapped into a component".to_owned(),
        }),
    }
}

fn check_core_imports(module: &[u8], world: World) -> Result<(), LoadFailure> {
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(imports) = payload.map_err(malformed)? else {
            continue;
        };
        for import in imports.into_imports() {
            let import = import.map_err(malformed)?;
            let name = format!("{}#{}", import.module, import.name);
            world.check_import(import.module, &name)?;
        }
    }
    Ok(())
}

fn check_world(engine: &Engine, component: &Component, world: World) -> Result<(), LoadFailure> {
    for (name, _) in component.component_type().imports(engine) {
        world.check_import(name, name)?;
    }
    for name in world.exports() {
        if component.get_export_index(None, name).is_none() {
            return Err(world.lacks(format!("no export `{name}`")));
        }
    }
    Ok(())
}

/// A valid component that does not fit into the allocator's places is told from an invalid file by
/// the text of the error, which has no type of its own; a test holds the text in place.
fn not_compiled(error: wasmtime::Error) -> LoadFailure {
    if chain(error.chain()).contains("pooling allocator") {
        return LoadFailure::NeedsTooMuch {
            message: error.root_cause().to_string(),
        };
    }
    malformed(error)
}

fn malformed(error: impl Into<wasmtime::Error>) -> LoadFailure {
    LoadFailure::Malformed {
        message: chain(error.into().chain()),
    }
}

/// An error and its causes on one line, outermost first.
pub(crate) fn chain<'a>(
    errors: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>,
) -> String {
    let texts: Vec<String> = errors.map(ToString::to_string).collect();
    texts.join(": ").replace('\n', " ")
}

fn beginning(bytes: &[u8]) -> String {
    match bytes {
        [] => "an empty file".to_owned(),
        [b'P', b'K', ..] => "a zip archive".to_owned(),
        [b'\0', b'a', b's', b'm', ..] => "WebAssembly of an unknown version".to_owned(),
        _ => {
            let first: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
            format!("the bytes `{}`", first.join(" "))
        }
    }
}
