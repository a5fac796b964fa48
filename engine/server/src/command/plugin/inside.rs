//! What a WebAssembly file asks for and offers, read without running or compiling it.

use serde::Serialize;
use wasmparser::{Encoding, Parser, Payload};

/// The outside of a WebAssembly file.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Inside {
    /// `component`, or `module`: what the host wraps into a component.
    pub(super) kind: &'static str,
    /// What it asks for, by name; of a module with the module's name before it.
    pub(super) imports: Vec<String>,
    /// What it offers, by name.
    pub(super) exports: Vec<String>,
}

impl Inside {
    /// Reads it. What is not WebAssembly, or ends too early, is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Inside> {
        let mut inside = Inside::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.ok()? {
                Payload::Version { encoding, .. } => {
                    depth += 1;
                    if depth == 1 {
                        inside.kind = match encoding {
                            Encoding::Module => "module",
                            Encoding::Component => "component",
                        };
                    }
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                payload if depth == 1 => inside.add(payload)?,
                _ => {}
            }
        }
        Some(inside)
    }

    fn add(&mut self, payload: Payload<'_>) -> Option<()> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    self.imports.push(import.ok()?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.exports.push(export.ok()?.name.name.to_owned());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    self.imports
                        .push(format!("{}#{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export.ok()?.name.to_owned());
                }
            }
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_tells_its_own_names_and_not_those_inside() {
        let (_, bytes) = crate::shipped::plugins().remove(0);
        let inside = Inside::read(&bytes).unwrap();
        assert_eq!(inside.kind, "component");
        assert_eq!(
            inside.exports,
            [
                "casewright:plugin/catalogue@0.1.0",
                "casewright:plugin/decisions@0.1.0"
            ]
        );
    }

    #[test]
    fn a_module_tells_where_an_import_is_from() {
        // (module (import "env" "clock" (func)))
        let bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0d\x01\x03env\x05clock\0\0";
        let inside = Inside::read(bytes).unwrap();
        assert_eq!(
            (inside.kind, inside.imports),
            ("module", vec!["env#clock".to_owned()])
        );
    }

    #[test]
    fn a_file_that_ends_too_early_is_none() {
        assert_eq!(Inside::read(b""), None);
        assert_eq!(Inside::read(b"\0asm\x01\0\0\0\x02\xff"), None);
    }
}
