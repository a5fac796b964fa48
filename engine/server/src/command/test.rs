//! `casewright test`.

mod covered;
mod junit;
mod shown;
mod tested;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use casewright_definition::{Checked, Definition, Findings, Functions};
use casewright_runtime::Plugins;
use clap::{Args, ValueEnum};

use super::check::is_pack;
use crate::cli::{Failure, Verdict, print, tell};
use crate::folder;
use crate::scenario::Scenario;
use crate::scenario::coverage::Coverage;
use covered::Covered;
use tested::Tested;

/// Run the scenarios of a pack.
///
/// A scenario is a YAML file that takes one case of a workflow from its opening to where it shall stand,
/// on a clock that only it moves: no server, and no waiting. In the end it is told how much of each
/// workflow the scenarios go through and, of a whole pack, what they do not.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Test {
    /// Folders with a `pack.yaml`, folders of scenarios, or scenario files [default: the current folder
    /// if it is a pack, else the shipped pack]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The pack of the workflows, where the scenarios do not lie in it.
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// For people, one JSON object a line, or JUnit XML.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Only scenarios with this text in their path or title.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Fail when the scenarios of a workflow take less than this share of its transitions.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    min_coverage: Option<f64>,
    /// The folder with the plugins (`.wasm`), in place of the shipped ones.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
}

const EXAMPLES: &str = "A scenario:
  scenario: The customer appeals and the complaint is reopened
  workflow: complaint-handling
  given:
    actors:
      li.na: [account-manager]
    by: li.na
    data: { account: { name: ACME } }
  then: { active: [registered] }
  steps:
    - when: { event: investigate }
      then: { refused: guard-failed, because: data.signed }
    - when: { after: P10D }
      then: { active: [overdue], timers: [remind] }

`casewright schema scenario` describes every key.

Exit codes: 0 every scenario holds, 1 one does not or the coverage is too low, 2 could not run.";

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    #[default]
    Text,
    /// For scripts: one JSON object for each scenario, and one for the coverage of each workflow.
    Json,
    /// For continuous integration: JUnit XML.
    Junit,
}

/// Scenario files with the pack that their workflows are of.
struct Group {
    /// The folder of the pack; none for the shipped one.
    pack: Option<PathBuf>,
    /// Whether these are all scenarios of the pack.
    whole: bool,
    files: Vec<(String, Vec<u8>)>,
}

impl Test {
    /// Runs the scenarios. The answer is no when one does not hold, or the coverage is too low.
    ///
    /// # Errors
    /// A path, a pack or a plugin cannot be read, or there is no scenario.
    pub fn run(self) -> Result<Verdict, Failure> {
        let groups = self.groups()?;
        let plugins = folder::load_plugins(self.plugins.as_deref())?;
        let (mut tested, mut covered) = (Vec::new(), Vec::new());
        for group in groups {
            let checked = folder::check_pack(group.pack.as_deref(), &plugins)?;
            if !checked.is_sound() {
                tell_unsound(&checked);
                return Ok(Verdict::No);
            }
            let ran = self.test(group, &checked, &plugins);
            tested.extend(ran.0);
            covered.extend(ran.1);
        }
        if tested.is_empty() {
            return Err(Failure(self.nothing()));
        }
        match self.output {
            Output::Text => print(shown::text(&tested, &covered)),
            Output::Json => print(shown::json(&tested, &covered)?),
            Output::Junit => {
                print(junit::xml(&tested)?.trim_end());
                tell(shown::coverage(&covered).trim_end());
            }
        }
        let holds = tested.iter().all(Tested::holds);
        match self.is_covered(&covered) && holds {
            true => Ok(Verdict::Yes),
            false => Ok(Verdict::No),
        }
    }

    /// The files at every path, by their pack.
    fn groups(&self) -> Result<Vec<Group>, Failure> {
        if self.paths.is_empty() {
            let here = PathBuf::from(".");
            return Ok(vec![match (&self.pack, is_pack(&here)) {
                (Some(pack), _) => self.group(pack)?,
                (None, true) => self.group(&here)?,
                (None, false) => Group {
                    pack: None,
                    whole: true,
                    files: folder::shipped_scenarios(),
                },
            }]);
        }
        let mut groups: BTreeMap<Option<PathBuf>, Group> = BTreeMap::new();
        for path in &self.paths {
            let group = self.group(path)?;
            match groups.get_mut(&group.pack) {
                Some(known) => {
                    known.whole |= group.whole;
                    known.files.extend(group.files);
                }
                None => {
                    groups.insert(group.pack.clone(), group);
                }
            }
        }
        Ok(groups.into_values().collect())
    }

    fn group(&self, path: &Path) -> Result<Group, Failure> {
        let pack = self.pack.clone().or_else(|| folder::pack_around(path));
        Ok(Group {
            whole: pack.as_deref() == Some(path),
            pack,
            files: folder::scenarios(path)?,
        })
    }

    fn nothing(&self) -> String {
        let places = match self.paths.as_slice() {
            [] => "the pack".to_owned(),
            paths => {
                let paths = paths.iter().map(|path| format!("`{}`", path.display()));
                paths.collect::<Vec<_>>().join(", ")
            }
        };
        match &self.filter {
            Some(filter) => format!("no scenario in {places} has `{filter}` in its path or title"),
            None => format!(
                "there is no scenario in {places}\n\nhint: the scenarios of a pack lie in its folder `scenarios`, as `.yaml`"
            ),
        }
    }

    fn test(
        &self,
        group: Group,
        checked: &Checked,
        plugins: &Plugins,
    ) -> (Vec<Tested>, Vec<Covered>) {
        let functions = plugins.functions();
        let mut coverage: BTreeMap<&str, Coverage> = BTreeMap::new();
        let whole = group.whole && self.filter.is_none();
        if whole {
            let all = checked.workflows.keys();
            coverage.extend(all.map(|id| (id.as_str(), Coverage::default())));
        }
        let mut tested = Vec::new();
        for (name, bytes) in group.files {
            let scenario = match Scenario::read(&name, bytes) {
                Ok(scenario) => scenario,
                Err(findings) if self.is_asked(&name, "") => {
                    tested.push(Tested::broken(&findings, None));
                    continue;
                }
                Err(_) => continue,
            };
            if !self.is_asked(&name, scenario.title().get("en"))
                && !self.is_asked(&name, scenario.title().get("zh"))
            {
                continue;
            }
            let (result, of) = test(scenario, checked, &functions, plugins);
            tested.push(result);
            if let Some((definition, of)) = of {
                coverage.entry(&definition.id).or_default().merge(&of);
            }
        }
        let covered = coverage.into_iter().filter_map(|(id, coverage)| {
            let definition = checked.workflows.get(id)?;
            let findings = findings(checked, id)?;
            Some(Covered::of(definition, findings, &coverage, whole))
        });
        (tested, covered.collect())
    }

    fn is_asked(&self, name: &str, title: &str) -> bool {
        let filter = self.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter) || title.contains(filter))
    }

    /// Whether every workflow has the share that is asked for. Those that have not are told.
    fn is_covered(&self, covered: &[Covered]) -> bool {
        let Some(least) = self.min_coverage else {
            return true;
        };
        let below = covered
            .iter()
            .filter(|covered| covered.transitions.percent() < least);
        let below: Vec<&Covered> = below.collect();
        for covered in &below {
            tell(format_args!(
                "the scenarios of `{}` take {:.1} % of its transitions, less than {least} %",
                covered.workflow,
                covered.transitions.percent()
            ));
        }
        below.is_empty()
    }
}

/// Runs one scenario.
fn test<'a>(
    mut scenario: Scenario,
    checked: &'a Checked,
    functions: &Functions,
    plugins: &Plugins,
) -> (Tested, Option<(&'a Definition, Coverage)>) {
    let Some(definition) = checked.workflows.get(scenario.workflow()) else {
        let title = scenario.title().clone();
        let known = checked.workflows.keys().map(String::as_str);
        let findings = scenario.miss_workflow(known);
        return (Tested::broken(findings, Some(&title)), None);
    };
    let title = scenario.title().clone();
    if let Err(findings) = scenario.check(definition, functions) {
        return (Tested::broken(findings, Some(&title)), None);
    }
    let mut story = Vec::new();
    let outcome = scenario.run(definition, plugins, &mut |happening| {
        story.push(happening.clone());
    });
    let coverage = outcome.coverage.clone();
    let tested = Tested::ran(&scenario, outcome, &story, &definition.chart);
    (tested, Some((definition, coverage)))
}

/// What was found in the file of a workflow, which also knows where everything stands in it.
fn findings<'a>(checked: &'a Checked, id: &str) -> Option<&'a Findings> {
    checked.findings.iter().find(|findings| {
        let value = findings.document().map(|document| &document.value);
        value.is_some_and(|value| value["id"] == *id && value.get("states").is_some())
    })
}

fn tell_unsound(checked: &Checked) {
    for findings in checked.findings.iter().filter(|found| found.has_errors()) {
        tell(findings.report());
    }
    tell("the pack is not sound: no scenario was run");
}

/// `90`, `97.5`.
fn parse_percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| format!("expected a number from 0 to 100, found `{text}`"))
}
