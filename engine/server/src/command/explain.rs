//! `casewright explain`.

use casewright_definition::diagnostic::did_you_mean;
use casewright_definition::explain;
use clap::Args;

use crate::cli::{Failure, Verdict, print};

/// Explain a finding of `check` by its code
///
/// A code stands in brackets before each finding: `error[state-unknown]`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code; all of them are listed when it is left away.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Explain {
    /// Prints the page of the code, or the list of codes.
    ///
    /// # Errors
    /// There is no such code.
    pub fn run(self) -> Result<Verdict, Failure> {
        let codes = explain::PAGES.iter().map(|(code, _)| *code);
        let Some(wanted) = self.code else {
            list();
            return Ok(Verdict::Yes);
        };
        match explain::page(&wanted) {
            Some(page) => {
                print(page.trim_end());
                Ok(Verdict::Yes)
            }
            None => {
                let hint = match did_you_mean(&wanted, codes) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`casewright explain` lists all codes".to_owned(),
                };
                let wanted = wanted.escape_debug();
                Err(Failure(format!(
                    "no finding has the code `{wanted}`\n\nhint: {hint}"
                )))
            }
        }
    }
}

/// Every code with the first sentence of its page, under headings.
fn list() {
    let codes = explain::PAGES.iter().map(|(code, _)| code.len());
    let width = codes.max().unwrap_or_default();
    for (number, (heading, codes)) in explain::groups().enumerate() {
        if number > 0 {
            print("");
        }
        print(heading);
        for code in codes {
            let summary = explain::summary(explain::page(code).unwrap_or_default());
            print(format_args!("  {code:width$}  {summary}"));
        }
    }
}
