//! The shipped workflows with a fault in them: `check` or the scenarios find nearly every one.
//!
//! [`walk`] makes the faults, [`edit`] the files that have them, [`expression`] those inside of an
//! expression. A fault is found when `check` says something new of it, or when a scenario does not hold.
//!
//! A test run takes every [`STRIDE`]th fault, so that it is over in half a minute. All of them are taken by
//! `MUTANTS=all cargo test -p casewright-tests --test it -- mutants --nocapture`, which also tells of
//! those that are not found: each is a thing that the shipped scenarios do not look at.

mod edit;
mod expression;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use casewright::folder::{check_pack_against, load_functions, load_plugins, read, scenarios};
use casewright::scenario::Scenario;
use casewright::scenario::suite::first_failure;
use casewright_definition::diagnostic::Severity;
use casewright_definition::source::{Document, Source};
use casewright_definition::{Decide, Definition, Findings, Functions, Pack};
use casewright_tests::root;
use edit::Mutant;

/// How many of a hundred faults of a workflow are found, at least.
const LEAST_PERCENT: f64 = 95.0;

/// The shipped workflows.
const WORKFLOWS: [&str; 4] = [
    "account-admission",
    "complaint-handling",
    "exit-management",
    "project-lifecycle",
];
/// Of so many faults one is made, unless all are asked for. Faults of one kind stand beside each other,
/// so that each kind has its share.
const STRIDE: usize = 7;

/// One workflow of the shipped pack, with what its faults are held against.
struct Bench {
    pack: Pack,
    functions: Functions,
    document: Document,
    scenarios: Vec<Scenario>,
    /// What `check` says of it without a fault.
    known: BTreeMap<String, usize>,
}

impl Bench {
    /// What is new of the findings about a file, and is no mere note.
    fn has_new(&self, findings: &Findings) -> bool {
        let found = counted(findings);
        found
            .iter()
            .any(|(finding, count)| self.known.get(finding).is_none_or(|known| known < count))
    }

    /// Whether a fault is found. The scenarios are asked in the given order, and the one that does not
    /// hold becomes the first: faults of neighbours are found by the same.
    fn is_caught(&self, mutant: &Mutant, decide: &dyn Decide, order: &mut Vec<usize>) -> bool {
        let source = Source::new("workflow.yaml", mutant.apply(&self.document));
        let (definition, findings) = Definition::check(source, &self.pack, Some(&self.functions));
        let Some(definition) = definition.filter(|_| !self.has_new(&findings)) else {
            return true;
        };
        let asked = order.iter().map(|number| &self.scenarios[*number]);
        let Some((failed, _)) = first_failure(asked, &definition, decide) else {
            return false;
        };
        let name = failed.name();
        let at = order
            .iter()
            .position(|number| self.scenarios[*number].name() == name);
        let first = order.remove(at.unwrap());
        order.insert(0, first);
        true
    }

    /// The faults that are not found.
    fn survivors<'a>(
        &self,
        mutants: &'a [Mutant],
        decide: &(dyn Decide + Sync),
    ) -> Vec<&'a Mutant> {
        let next = AtomicUsize::new(0);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut survivors: Vec<usize> = thread::scope(|scope| {
            let work = || {
                let mut order: Vec<usize> = (0..self.scenarios.len()).collect();
                let mut survivors = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    match mutants.get(number) {
                        None => return survivors,
                        Some(mutant) if self.is_caught(mutant, decide, &mut order) => {}
                        Some(_) => survivors.push(number),
                    }
                }
            };
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            let joined = threads.into_iter().map(|thread| thread.join().unwrap());
            joined.flatten().collect()
        });
        survivors.sort_unstable();
        survivors
            .into_iter()
            .map(|number| &mutants[number])
            .collect()
    }
}

/// How often each error and warning is there.
fn counted(findings: &Findings) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for finding in &findings.diagnostics {
        if finding.severity != Severity::Note {
            let finding = format!("{} {}", finding.code, finding.message);
            *counted.entry(finding).or_default() += 1;
        }
    }
    counted
}

/// What came of the faults of a workflow.
struct Score {
    faults: usize,
    percent: f64,
    /// The faults that are not found, a line each.
    survivors: String,
}

/// Makes every `stride`th fault of a workflow, and looks whether the scenarios that are kept find it.
fn score(workflow: &str, stride: usize, keep: impl Fn(&Scenario) -> bool) -> Score {
    let plugins = load_plugins(None).unwrap();
    let mut bench = bench(workflow);
    bench.scenarios.retain(keep);
    let all = walk::mutants(&bench.document.value);
    let mutants: Vec<Mutant> = all.into_iter().step_by(stride).collect();
    let survivors = bench.survivors(&mutants, &plugins);
    let caught = mutants.len() - survivors.len();
    let lines = survivors.iter().map(|mutant| {
        let place = mutant.shown(&bench.document);
        format!("{workflow}.yaml:{place}\n")
    });
    Score {
        faults: mutants.len(),
        percent: 100.0 * caught as f64 / mutants.len() as f64,
        survivors: lines.collect(),
    }
}

fn bench(workflow: &str) -> Bench {
    let folder = root().join("schemas/packs/key-account");
    let functions = load_functions(None).unwrap();
    let checked = check_pack_against(Some(&folder), &functions).unwrap();
    let pack = checked.pack.unwrap();
    let path = folder.join(format!("workflows/{workflow}.yaml"));
    let source = Source::from_bytes("workflow.yaml", read(&path).unwrap()).unwrap();
    let (_, findings) = Definition::check(source.clone(), &pack, Some(&functions));
    let files = scenarios(&folder.join("scenarios").join(workflow)).unwrap();
    let read = |(name, bytes): (String, Vec<u8>)| Scenario::read(&name, bytes).unwrap();
    Bench {
        known: counted(&findings),
        pack,
        functions,
        document: Document::parse(source).unwrap(),
        scenarios: files.into_iter().map(read).collect(),
    }
}

#[allow(clippy::print_stderr, reason = "told only when it is asked for")]
fn hold(workflow: &str, all: bool) {
    let score = score(workflow, if all { 1 } else { STRIDE }, |_| true);
    let Score {
        faults,
        percent,
        survivors,
    } = &score;
    let told = format!("{workflow}: {percent:.2} % of {faults} faults are found\n{survivors}");
    if all {
        eprintln!("{told}");
    }
    assert!(*percent >= LEAST_PERCENT, "{told}");
}

#[test]
fn faults_of_the_shipped_workflows_are_found() {
    let all = std::env::var_os("MUTANTS").is_some_and(|which| which == "all");
    for workflow in WORKFLOWS {
        hold(workflow, all);
    }
}

#[test]
fn scenarios_that_look_at_little_are_told_from_those_that_look_at_much() {
    // One short scenario: the application is withdrawn as soon as it is there. It takes no time, so there may be
    // more faults, of which some are of every kind.
    let little = score("account-admission", STRIDE / 2, |scenario| {
        scenario.name().contains("withdrawn-while-drafting")
    });
    assert!(little.percent < LEAST_PERCENT - 10.0, "{}", little.percent);
    assert!(little.survivors.contains("[a guard is negated]"));
}

#[test]
fn a_fault_is_in_the_file_and_nothing_else_is_changed() {
    for workflow in WORKFLOWS {
        let document = bench(workflow).document;
        for mutant in walk::mutants(&document.value).iter().step_by(STRIDE) {
            let source = Source::new("workflow.yaml", mutant.apply(&document));
            let read = Document::parse(source).unwrap();
            let (pointer, written) = mutant.written(&document.value);
            let mut expected = document.value.clone();
            *expected.pointer_mut(&pointer).unwrap() = written;
            let shown = mutant.shown(&document);
            assert!(read.value == expected, "{workflow}.yaml:{shown}");
            assert!(read.value != document.value, "{workflow}.yaml:{shown}");
        }
    }
}
