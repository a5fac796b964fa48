//! `casewright diagram`.

use std::path::PathBuf;

use casewright_definition::diagnostic::did_you_mean;
use casewright_definition::diagram::{dot, mermaid, svg};
use clap::{Args, ValueEnum};

use super::check::definition_against;
use crate::cli::{Failure, Verdict, print};
use crate::folder;

/// Draw a workflow file.
///
/// Prints a Mermaid state diagram, which Markdown on many sites shows as a picture between
/// "```mermaid" and "```"; or the picture itself, as SVG; or a graph for Graphviz.
#[derive(Debug, Args)]
pub struct Diagram {
    /// The workflow file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to draw it with.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The language of the titles.
    #[arg(long, value_enum, default_value_t)]
    language: Language,
    /// States to highlight, by their ids with `,` between them; may be given several times.
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    active: Vec<String>,
    /// The folder with the plugins (`.wasm`), in place of the shipped ones.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
}

/// A form of diagrams.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// A Mermaid state diagram.
    #[default]
    Mermaid,
    /// An SVG picture.
    Svg,
    /// A graph in Graphviz's DOT.
    Dot,
}

/// A language of titles.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Language {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
}

impl Diagram {
    /// Prints the diagram. The answer is no when the workflow is not sound.
    ///
    /// # Errors
    /// The file cannot be read, or has no such state.
    pub fn run(self) -> Result<Verdict, Failure> {
        let functions = folder::load_functions(self.plugins.as_deref())?;
        let Some(definition) = definition_against(&self.file, &functions)? else {
            return Ok(Verdict::No);
        };
        let chart = &definition.chart;
        for id in &self.active {
            if chart.state_index(id).is_none() {
                let ids = chart.states().map(|(_, state)| &*state.id);
                let hint = did_you_mean(id, ids).map_or_else(String::new, |near| {
                    format!("\n\nhint: did you mean `{near}`?")
                });
                let id = id.escape_debug();
                return Err(Failure(format!("no state is called `{id}`{hint}")));
            }
        }
        let language = match self.language {
            Language::En => "en",
            Language::Zh => "zh",
        };
        let active: Vec<&str> = self.active.iter().map(String::as_str).collect();
        let text = match self.format {
            Format::Mermaid => mermaid(&definition, language, &active),
            Format::Dot => dot(&definition, language, &active),
            Format::Svg => svg(&definition, language, &active).map_err(|too_large| {
                let hint = "`--format dot` has no such limit";
                Failure(format!("{too_large}\n\nhint: {hint}"))
            })?,
        };
        print(text.trim_end());
        Ok(Verdict::Yes)
    }
}
