//! `casewright plugin`: from an empty folder to a plugin that a server runs.

mod apply;
mod asked;
mod build;
mod cases;
mod check;
mod grants;
mod inside;
mod inspect;
mod limits;
mod loaded;
mod new;
mod project;
mod replay;
mod run;
mod shown;
mod sign;
mod template;
mod test;

use clap::{Args, Subcommand};

use crate::cli::{Failure, Verdict};

/// Write, build, test, sign, apply and look into plugins
///
/// A plugin is a WebAssembly file whose functions workflows ask for decisions. It can be written in Rust,
/// JavaScript or Python.
#[derive(Debug, Args)]
#[command(after_help = "From nothing to an answer:
  casewright plugin new --lang rust discounts   a project with an example in it
  cd discounts
  casewright plugin build                       dist/discounts.wasm
  casewright plugin test                        every case in cases/
  casewright serve --plugins dist --pack pack   a server whose workflows can ask it

Exit codes: 0 yes, 1 no, 2 could not run.")]
pub struct Plugin {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    Run(run::Run),
    Check(check::Check),
    Inspect(inspect::Inspect),
    Replay(replay::Replay),
    Apply(apply::Apply),
    Keygen(sign::Keygen),
    Sign(sign::Sign),
    Verify(sign::Verify),
}

impl Plugin {
    /// Does what was asked for.
    ///
    /// # Errors
    /// It could not be done.
    pub fn run(self) -> Result<Verdict, Failure> {
        match self.task {
            Task::New(new) => new.run(),
            Task::Build(build) => build.run(),
            Task::Test(test) => test.run(),
            Task::Run(run) => run.run(),
            Task::Check(check) => check.run(),
            Task::Inspect(inspect) => inspect.run(),
            Task::Replay(replay) => replay.run(),
            Task::Apply(apply) => apply.run(),
            Task::Keygen(keygen) => keygen.run(),
            Task::Sign(sign) => sign.run(),
            Task::Verify(verify) => verify.run(),
        }
    }
}
