//! `casewright simulate`.

mod conversation;

use std::io::{IsTerminal, Read, stdin};
use std::path::PathBuf;

use casewright_case::Actor;
use casewright_chart::{Chart, Timestamp};
use casewright_definition::Definition;
use clap::Args;
use serde_json::{Map, Value as Json};

use super::check::definition;
use crate::cli::{Failure, Output, Verdict, print, tell};
use crate::folder;
use crate::scenario::script::{in_column, parse_time};
use crate::scenario::{
    CASE_ID, Happening, News, Opening, Report, Script, explanation, json, place, play, text,
};

/// Run a case of a workflow file through events, without a server and in no time.
///
/// The clock stands still and only moves when the events say so, so the same input always gives the
/// same output. On a terminal and without `--events` it becomes a conversation: it lists what can
/// happen next, and you choose.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Simulate {
    /// The workflow file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What happens, as JSON Lines; `-` reads standard input.
    #[arg(long, value_name = "FILE|-")]
    events: Option<PathBuf>,
    /// For people, or JSON: one object for the opening and one for each line with an event or with time
    /// that passes.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Who acts, until the events name somebody else [default: `somebody`, in every role of the pack]
    #[arg(long, value_name = "ID[:ROLE,ROLE...]", value_parser = parse_actor)]
    actor: Option<Actor>,
    /// The case data with which the case is opened, unless the events say so.
    #[arg(long, value_name = "JSON", value_parser = parse_data)]
    data: Option<Json>,
    /// The id of the case.
    #[arg(long, value_name = "ID", default_value = CASE_ID)]
    id: String,
    /// The folder with the plugins (`.wasm`), in place of the shipped ones.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Tell at the end what would come of every event if the last actor sent it, and why not.
    #[arg(long)]
    explain: bool,
    /// When the case is opened, unless the events say so (RFC 3339).
    #[arg(long, value_name = "TIME", default_value = START_TEXT, value_parser = parse_time)]
    now: Timestamp,
}

/// [`START`](crate::scenario::START), for people.
const START_TEXT: &str = "2026-01-05T09:00:00+08:00";

const EXAMPLES: &str = r#"Events, one JSON object a line:
  {"start": {"tier": "core"}, "actor": {"id": "li.na", "roles": ["sales-dept"]}}
  {"event": "register", "data": {"content": "delivery is late"}}
  {"after": "PT25H"}
  {"expect": {"active": ["overdue"], "done": false, "data": {"tier": "core"}}}
  {"event": "close", "after": "4h", "actor": {"id": "wang.fang", "roles": ["ka-team"]}}
  {"service": "push", "returns": {"reference": "R-1"}}
  {"expect": {"refused": "guard-failed"}}

`start` stands in the first line. Who acts goes on acting until the next `actor`. Timers that fall
due while time passes (`after`) fire at their time. No service is run: it comes back when a line says
with what it `returns`, or why it `fails`.

Exit codes: 0 everything went as expected, 1 the workflow is not sound, an expectation failed, or an
event was refused and no `expect` says so, 2 could not run."#;

impl Simulate {
    /// Runs the case. The answer is no when something is not as expected.
    ///
    /// # Errors
    /// The workflow, the events or a plugin cannot be read.
    pub fn run(self) -> Result<Verdict, Failure> {
        let plugins = folder::load_plugins(self.plugins.as_deref())?;
        let Some(definition) = definition(&self.file, &plugins)? else {
            return Ok(Verdict::No);
        };
        let opening = self.opening(&definition);
        let show = Show::new(self.output, &definition.chart);
        if self.events.is_none() && stdin().is_terminal() {
            return conversation::hold(&definition, &plugins, &opening, show, stdin().lock());
        }
        let script = self.script()?;
        self.check_start(&script)?;
        let mut show = show;
        let mut end = explanation::End::of(&opening, &script);
        let mut told = |news: News<'_>| match news {
            News::Happened { happening, .. } => {
                end.note(happening);
                show.happening(happening);
            }
            News::Through { line } => show.through(line),
            News::Failed(failed) => {
                let place = place(&script.name, failed.line);
                tell(format_args!("{place}: {}", failed.message));
            }
        };
        let report = play(&definition, &plugins, &script, opening, &mut told);
        let report = report.map_err(|fault| Failure(fault.to_string()))?;
        if self.explain {
            print(end.told(&definition, &plugins, self.output));
        }
        tell(summary(&report));
        match report.holds() {
            true => Ok(Verdict::Yes),
            false => Ok(Verdict::No),
        }
    }

    fn opening(&self, definition: &Definition) -> Opening {
        let everybody = || {
            let roles = definition.bundle.pack.roles.keys();
            Actor::new("somebody", roles.map(String::as_str))
        };
        Opening {
            id: self.id.clone(),
            now: self.now,
            actor: self.actor.clone().unwrap_or_else(everybody),
            data: self
                .data
                .clone()
                .unwrap_or_else(|| Json::Object(Map::new())),
        }
    }

    fn script(&self) -> Result<Script, Failure> {
        let read = match &self.events {
            Some(path) if path.as_os_str() != "-" => {
                Script::read(&path.display().to_string(), &folder::read(path)?)
            }
            _ => {
                let mut bytes = Vec::new();
                let read = stdin().lock().read_to_end(&mut bytes);
                read.map_err(|error| Failure::new("cannot read standard input", error))?;
                Script::read("<stdin>", &bytes)
            }
        };
        read.map_err(|fault| Failure(fault.to_string()))
    }

    /// What is said twice is a mistake in one of the two places.
    fn check_start(&self, script: &Script) -> Result<(), Failure> {
        match &script.start {
            Some(start) if self.data.is_some() => Err(Failure(format!(
                "{}:{}: the events open the case with data of their own\n\nhint: leave away `--data`, or the line",
                script.name, start.line
            ))),
            _ => Ok(()),
        }
    }
}

/// Prints what happens.
pub(super) struct Show<'a> {
    output: Output,
    chart: &'a Chart,
    before: Option<Timestamp>,
    /// What a line of JSON is still to tell.
    untold: Vec<Happening>,
}

impl<'a> Show<'a> {
    fn new(output: Output, chart: &'a Chart) -> Self {
        Show {
            output,
            chart,
            before: None,
            untold: Vec::new(),
        }
    }

    /// Tells people at once.
    pub(super) fn happening(&mut self, happening: &Happening) {
        match self.output {
            Output::Text => print(text::paragraph(happening, self.before, self.chart)),
            Output::Json => self.untold.push(happening.clone()),
        }
        self.before = Some(happening.at);
    }

    /// Tells programs all of a line in one.
    pub(super) fn through(&mut self, line: usize) {
        let happenings = std::mem::take(&mut self.untold);
        let line = json::Line::of(line, &happenings, self.chart);
        // Plain texts, numbers and lists: nothing that JSON cannot hold.
        if let Some(Ok(line)) = line.map(|line| serde_json::to_string(&line)) {
            print(line);
        }
    }
}

fn summary(report: &Report) -> String {
    let expectations = match report.expectations {
        0 => "nothing was expected".to_owned(),
        1 => "1 expectation".to_owned(),
        count => format!("{count} expectations"),
    };
    match report.failed.len() {
        0 => format!("as expected ({expectations})"),
        1 => format!("1 thing is not as expected ({expectations})"),
        count => format!("{count} things are not as expected ({expectations})"),
    }
}

/// `li.na:sales-dept,ka-team`.
fn parse_actor(text: &str) -> Result<Actor, String> {
    let (id, roles) = text.split_once(':').unwrap_or((text, ""));
    if id.is_empty() {
        return Err("expected an id and roles such as `li.na:sales-dept,ka-team`".to_owned());
    }
    let roles = roles.split(',').map(str::trim);
    Ok(Actor::new(id, roles.filter(|role| !role.is_empty())))
}

fn parse_data(text: &str) -> Result<Json, String> {
    match serde_json::from_str::<Map<String, Json>>(text) {
        Ok(map) => Ok(Json::Object(map)),
        Err(error) => Err(in_column(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::START;

    #[test]
    fn the_start_in_the_help_is_the_start() {
        assert_eq!(parse_time(START_TEXT), Ok(START));
    }

    #[test]
    fn an_actor_is_an_id_and_roles() {
        let actor = parse_actor("li.na:sales-dept, ka-team").unwrap();
        assert_eq!(actor, Actor::new("li.na", ["sales-dept", "ka-team"]));
        assert_eq!(parse_actor("crm").unwrap(), Actor::new("crm", []));
        assert!(parse_actor(":sales-dept").is_err());
    }
}
