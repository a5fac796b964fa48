//! Writes first inputs of a target that are not in the checkout as they are.
//!
//! - `seeds component <folder> <plugin>...`: small plugins, and shipped ones without their code.
//! - `seeds plugin_json <folder> <file>...`: JSON, each text in every way across the boundary of plugins.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(target), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("expected a target and a folder"));
    };
    let files = arguments.map(fs::read).collect::<io::Result<Vec<_>>>()?;
    let inputs = match target.as_str() {
        "component" => components(&files),
        "plugin_json" => casewright_fuzz::json_seeds(files),
        _ => {
            return Err(io::Error::other(format!(
                "expected `component` or `plugin_json`, found `{target}`"
            )));
        }
    };
    for (number, input) in inputs.iter().enumerate() {
        fs::write(Path::new(&folder).join(number.to_string()), input)?;
    }
    Ok(())
}

/// Each whole, and the small ones cut off in the middle, too.
fn components(shipped: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let small = casewright_fuzz::small_plugins();
    let cut = small.iter().map(|bytes| bytes[..bytes.len() / 2].to_vec());
    let mut inputs: Vec<_> = cut.collect();
    inputs.extend(small);
    inputs.extend(
        shipped
            .iter()
            .map(|bytes| casewright_fuzz::without_code(bytes)),
    );
    inputs
}
