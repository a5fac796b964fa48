//! One run: what a seed says happens, and after each step the store is compared with what must be in it.

use std::sync::Arc;

use casewright_case::{Actor, Setting};
use casewright_chart::Timestamp;
use casewright_definition::Definition;
use casewright_runtime::{Clock, CommandError, Committed, JobKey, Runtime, StoreError};
use serde_json::{Value as Json, json};

use super::foretold::{Foretold, same, told};
use super::model::{Difference, Model, first_due, first_job, first_of_all};
use super::numbers::Numbers;
use super::workflow::{EVENTS, ROLES};
use super::world::{End, Life, World};

/// How many lives a run has.
const LIVES: usize = 4;
/// How many things happen in a life at most.
const MOMENTS: usize = 16;
/// How many minutes all services have to come to something that are to be run at the end.
const MAX_ROUNDS: usize = 200;
/// The cases of a run. So few that they meet each other.
const CASES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Two runs share it only if the same happened in both.
    pub(crate) trace: u32,
    pub(crate) steps: usize,
    pub(crate) timers: usize,
    pub(crate) services: usize,
    pub(crate) crashes: usize,
}

/// One command.
#[derive(Clone, Debug)]
enum Command {
    Open {
        workflow: &'static str,
        case: &'static str,
        data: Json,
    },
    Send {
        case: &'static str,
        event: String,
        data: Json,
        revisions: Option<Vec<u64>>,
    },
}

pub(crate) struct Run<'a> {
    numbers: Numbers,
    world: World,
    model: Model,
    /// Two workflows, and a second version of the first.
    definitions: &'a [Arc<Definition>],
    /// How many commands there were; each has an actor of its own.
    commands: usize,
    /// The openings so far, to be repeated.
    openings: Vec<(Command, Actor)>,
    /// What was acknowledged and has not been looked for yet.
    owed: Vec<(Actor, Committed)>,
    /// Whether the store has said that it takes nothing more before it is opened again.
    is_shut: bool,
    /// Whether something is wrong with the disk or the plugin now.
    is_faulty: bool,
    /// Whether the store could not be read when it was last to be compared: there may be more in it than the
    /// model knows of.
    is_ahead: bool,
    log: Vec<String>,
    summary: Summary,
}

/// Runs what a seed says. An error tells what went wrong, after what.
pub(crate) fn run(seed: u64, definitions: &[Arc<Definition>]) -> Result<Summary, String> {
    let world = World::new(definitions);
    let mut run = Run {
        numbers: Numbers::new(seed),
        model: Model::new(definitions, world.limits),
        world,
        definitions,
        commands: 0,
        openings: Vec::new(),
        owed: Vec::new(),
        is_shut: false,
        is_faulty: false,
        is_ahead: false,
        log: Vec::new(),
        summary: Summary::default(),
    };
    match run.lives() {
        Ok(()) => {
            let told = crc32(&run.log);
            run.summary.trace = run.world.disk.trace() ^ told;
            run.summary.steps = run.model.len();
            run.summary.services = run.model.returned;
            Ok(run.summary)
        }
        Err(what) => Err(format!("{}\n{what}", run.log.join("\n"))),
    }
}

/// Sums up what was noted.
fn crc32(log: &[String]) -> u32 {
    let digest = <sha2::Sha256 as sha2::Digest>::digest(log.join("\n"));
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

impl Run<'_> {
    fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    fn lives(&mut self) -> Result<(), String> {
        for number in 0..LIVES {
            if !self.numbers.once_in(4) {
                let stop = self.world.disk.operations() + self.numbers.below(120) as u64;
                self.note(format!("life {number}: the disk stops at operation {stop}"));
                self.world.disk.stop_at(stop);
            }
            let life = match self.world.start() {
                Ok(life) => Some(life),
                Err(error) if self.world.disk.has_stopped() => {
                    self.note(format!("it cannot be opened: {error}"));
                    None
                }
                Err(error) => return Err(format!("it cannot be opened: {error}")),
            };
            if let Some(life) = &life {
                self.live(life)?;
            }
            let stopped = self.world.disk.has_stopped();
            let end = match (stopped, self.numbers.below(4)) {
                (false, 0) => End::Clean,
                (_, 1) => End::Killed,
                (_, 2) => End::Forgetful,
                _ => End::Crash,
            };
            self.note(format!("life {number} ends: {end:?}"));
            self.summary.crashes += usize::from(!matches!(end, End::Clean));
            self.world.end(life, end, &mut self.numbers);
        }
        self.last()
    }

    /// After all of it the store is opened once more, and verified.
    fn last(&mut self) -> Result<(), String> {
        let life = self.world.start();
        let life = life.map_err(|error| format!("it cannot be opened at last: {error}"))?;
        self.begin(&life)?;
        self.settle(&life)?;
        if self.numbers.once_in(3) {
            self.work_off(&life)?;
        }
        if self.numbers.once_in(2) {
            life.verify(&self.world.limits, self.model.left_over)?;
        }
        self.world.end(Some(life), End::Clean, &mut self.numbers);
        let life = self.world.start();
        let life = life.map_err(|error| format!("it cannot be opened after all: {error}"))?;
        self.begin(&life)
    }

    fn live(&mut self, life: &Life) -> Result<(), String> {
        if !self.world.disk.has_stopped() {
            self.begin(life)?;
        }
        if life.runtime.definitions().current("one").is_none() {
            self.apply(life, 0)?;
        }
        if life.runtime.definitions().current("two").is_none() {
            self.apply(life, 1)?;
        }
        for _ in 0..self.numbers.below(MOMENTS) {
            if self.world.disk.has_stopped() {
                break;
            }
            self.moment(life)?;
        }
        self.mend(life);
        Ok(())
    }

    /// The store was opened: what was seen is there, and what has not come of a command by now never will.
    fn begin(&mut self, life: &Life) -> Result<(), String> {
        self.is_shut = false;
        self.compare(life)?;
        self.model.settle_open();
        self.model.take_fired();
        Ok(())
    }

    /// Compares the store with what must be in it, and looks for what was acknowledged. A store that is
    /// in trouble may be unreadable; then both are made up for later.
    fn compare(&mut self, life: &Life) -> Result<(), String> {
        let is_in_trouble = self.is_faulty || self.world.disk.has_stopped();
        match self.model.compare(&*life.store) {
            Err(Difference::Unreadable(_)) if is_in_trouble => {
                self.is_ahead = true;
                return Ok(());
            }
            Err(difference) => return Err(difference.to_string()),
            Ok(()) => self.is_ahead = false,
        }
        for (actor, committed) in std::mem::take(&mut self.owed) {
            let Committed { view, sequence, .. } = committed;
            self.model.acknowledged(&actor.id, sequence, &view.case)?;
        }
        Ok(())
    }

    fn apply(&mut self, life: &Life, number: usize) -> Result<(), String> {
        let bundle = self.definitions[number].bundle.clone();
        let definition = Definition::compile(self.definitions[number].digest, bundle);
        let definition = definition.map_err(|found| format!("{found:?}"))?;
        let applied = life.runtime.apply(vec![definition]);
        self.note(format!("apply {number}: {:?}", applied.is_ok()));
        if let Err(error) = &applied {
            self.is_shut |= says_shut(error);
        }
        match applied {
            Err(error) if !self.is_faulty && !self.is_shut && !self.world.disk.has_stopped() => {
                Err(error.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Something happens.
    fn moment(&mut self, life: &Life) -> Result<(), String> {
        match self.numbers.below(17) {
            0..=7 => self.one(life),
            8 | 9 => self.several(life),
            10 if self.numbers.once_in(4) => self.apply(life, 2),
            10 => self.jump(life, 1),
            11 => self.jump(life, 60 * 60 * 24),
            12 => {
                let back_ms = 1_000 * (1 + self.numbers.below(7_200)) as i64;
                self.note(format!("the clock goes back by {back_ms} ms"));
                self.world.clock.advance_ms(-back_ms);
                self.settle(life)
            }
            13 => {
                self.fault();
                Ok(())
            }
            14 => {
                self.mend(life);
                Ok(())
            }
            15 => self.operate(life),
            _ => {
                let moved = life.store.move_now();
                self.note(format!("rows are moved: {:?}", moved.is_ok()));
                self.compare(life)
            }
        }
    }

    /// An operator has a service tried again, or cancels it.
    fn operate(&mut self, life: &Life) -> Result<(), String> {
        let running: Vec<JobKey> = self.model.running().into_iter().collect();
        if running.is_empty() {
            return Ok(());
        }
        let key = self.numbers.pick(&running).clone();
        let actor = self.actor();
        let answer = match self.numbers.once_in(2) {
            true => {
                let retried = life.wait(life.runtime.retry_job(&key, None));
                self.note(format!("{key:?} is tried again: {:?}", retried.is_ok()));
                retried.map(drop)
            }
            false => {
                let cancelled = life.wait(life.runtime.cancel_job(&key, actor, None));
                self.note(format!("{key:?} is cancelled: {}", told(&cancelled)));
                cancelled.map(drop)
            }
        };
        match answer {
            Err(CommandError::Store(error)) => self.is_shut |= says_shut(&error),
            Err(CommandError::Panicked) => return Err("a command panicked".to_owned()),
            _ => {}
        }
        self.compare(life)
    }

    /// When all is well, every service that is to be run by now comes to something.
    fn work_off(&mut self, life: &Life) -> Result<(), String> {
        let begun = self.world.clock.now();
        for _ in 0..MAX_ROUNDS {
            match first_job(&*life.store).map_err(|found| found.to_string())? {
                Some(due) if due <= begun => {}
                _ => return Ok(()),
            }
            self.world.clock.advance_ms(60_000);
            self.settle(life)?;
        }
        let first = first_job(&*life.store).map_err(|found| found.to_string())?;
        Err(format!("a job is due at {first:?}, since {begun}"))
    }

    /// Something goes wrong from now on.
    fn fault(&mut self) {
        self.is_faulty = true;
        match self.numbers.below(3) {
            0 => {
                let room = self.numbers.below(8_192);
                self.note(format!("the disk has room for {room} bytes"));
                self.world.disk.fill(room);
            }
            1 => {
                self.note("syncs fail");
                self.world.disk.fail_syncs(true);
            }
            _ => {
                self.note("the plugin breaks");
                self.world.oracle.set_broken(true);
            }
        }
    }

    fn mend(&mut self, life: &Life) {
        self.note("nothing is wrong");
        self.is_faulty = false;
        self.world.disk.make_room();
        self.world.disk.fail_syncs(false);
        self.world.oracle.set_broken(false);
        // A thread of the store's would try again now what could not be moved.
        let _ = life.store.move_now();
    }

    /// The clock jumps forward by up to a hundred times so many seconds; what is due is fired in order.
    fn jump(&mut self, life: &Life, seconds: usize) -> Result<(), String> {
        let ms = 1_000 * (1 + self.numbers.below(100 * seconds)) as i64;
        self.note(format!("the clock jumps by {ms} ms"));
        self.world.clock.advance_ms(ms);
        self.settle(life)
    }

    fn settle(&mut self, life: &Life) -> Result<(), String> {
        let now = self.world.clock.now();
        self.model.take_fired();
        life.settle();
        self.compare(life)?;
        if self.world.disk.has_stopped() || self.is_faulty || self.is_shut {
            return Ok(());
        }
        let fired = self.model.take_fired();
        self.summary.timers += fired.len();
        self.note(format!("{} timers were fired", fired.len()));
        // Cases do not wait for each other; the timers of one come in their order.
        let mut cases = CASES.iter();
        if cases.any(|case| !fired.iter().filter(|(of, _)| of == case).is_sorted()) {
            return Err(format!("timers were fired in the order {fired:?}"));
        }
        if !life.runtime.is_well() {
            // A commit failed for the disk's sake, perhaps for good.
            return Ok(());
        }
        match first_due(&*life.store).map_err(|found| found.to_string())? {
            Some(due) if due <= now => Err(format!("a timer due at {due} was not fired by {now}")),
            _ => Ok(()),
        }
    }

    fn actor(&mut self) -> Actor {
        self.commands += 1;
        let roles: &[&str] = match self.numbers.below(8) {
            0 => &[],
            1 => &ROLES[..1],
            2 => &ROLES[1..],
            _ => &ROLES,
        };
        Actor::new(&format!("p{}", self.commands), roles.iter().copied())
    }

    fn command(&mut self) -> (Command, Actor) {
        if self.numbers.once_in(12) && !self.openings.is_empty() {
            let (command, actor) = self.numbers.pick(&self.openings).clone();
            self.model.send_again(&actor.id);
            return (command, actor);
        }
        let actor = self.actor();
        let case = *self.numbers.pick(&CASES);
        if !self.model.cases.contains_key(case) || self.numbers.once_in(20) {
            let data = match self.numbers.below(4) {
                0 => json!({ "flag": true }),
                1 if self.numbers.once_in(3) => json!({ "flag": "yes" }),
                _ => json!({}),
            };
            let workflow = match self.numbers.below(20) {
                0 => "absent",
                number if number % 2 == 0 => "one",
                _ => "two",
            };
            let command = Command::Open {
                workflow,
                case,
                data,
            };
            self.openings.push((command.clone(), actor.clone()));
            return (command, actor);
        }
        let revision = self.model.cases[case].case.revision;
        let revisions = match self.numbers.below(6) {
            0 => Some(vec![revision]),
            1 => Some(vec![revision + 1, revision.saturating_sub(1)]),
            _ => None,
        };
        let event = match self.numbers.below(20) {
            0 => "absent".to_owned(),
            1 => "tick".to_owned(),
            _ => (*self.numbers.pick(&EVENTS)).to_owned(),
        };
        let data = match (event.as_str(), self.numbers.below(6)) {
            ("fill", 0) => json!({}),
            ("fill", 1) => json!({ "note": "far longer than it may be" }),
            ("fill", _) => json!({ "note": "aa" }),
            (_, 0) => json!({ "flag": false }),
            (_, 1) => json!({ "count": 1 }),
            _ => json!({}),
        };
        let command = Command::Send {
            case,
            event,
            data,
            revisions,
        };
        (command, actor)
    }

    /// One command, whose answer can be foretold when no timer and no service comes in between.
    fn one(&mut self, life: &Life) -> Result<(), String> {
        let (command, actor) = self.command();
        let now = self.world.clock.now();
        let is_quiet = match first_of_all(&*life.store) {
            Ok(due) => due.is_none_or(|due| due > now),
            Err(_) => false,
        };
        let foretold = self.foretell(&command, &actor, now, life);
        let answer = life.wait(carry_out(&life.runtime, command.clone(), actor.clone()));
        self.note(format!("{} {command:?}: {}", actor.id, told(&answer)));
        let has_failed = matches!(
            answer,
            Err(CommandError::Store(_) | CommandError::Busy | CommandError::Stopped)
        );
        if is_quiet && !self.is_ahead && !has_failed && !self.world.disk.has_stopped() {
            same(foretold, &answer)?;
        }
        self.judge(life, vec![(actor, answer)])
    }

    /// Several commands at a time.
    fn several(&mut self, life: &Life) -> Result<(), String> {
        let count = 2 + self.numbers.below(5);
        let commands: Vec<_> = (0..count).map(|_| self.command()).collect();
        let answers = life.wait(async {
            let tasks: Vec<_> = commands
                .into_iter()
                .map(|(command, actor)| {
                    let runtime = life.runtime.clone();
                    tokio::spawn(async move {
                        let shown = format!("{} {command:?}", actor.id);
                        let answer = carry_out(&runtime, command, actor.clone()).await;
                        (shown, actor, answer)
                    })
                })
                .collect();
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.unwrap());
            }
            answers
        });
        let mut judged = Vec::new();
        for (shown, actor, answer) in answers {
            self.note(format!("at once: {shown}: {}", told(&answer)));
            judged.push((actor, answer));
        }
        self.judge(life, judged)
    }

    /// Whether the store is what the answers say.
    fn judge(
        &mut self,
        life: &Life,
        answers: Vec<(Actor, Result<Committed, CommandError>)>,
    ) -> Result<(), String> {
        // Answers to what was asked at once stand here in the order of the questions.
        let was_shut = self.is_shut;
        for (actor, answer) in &answers {
            match answer {
                Ok(committed) if committed.record.is_none() => {}
                Ok(_) if was_shut => {
                    return Err("acknowledged after nothing more was to be stored".to_owned());
                }
                Ok(_) => {}
                Err(CommandError::Store(error)) => {
                    self.is_shut |= says_shut(error);
                    self.model.leave_open(&actor.id);
                }
                Err(CommandError::CaseExists { .. }) => {}
                Err(CommandError::Panicked) => return Err("a command panicked".to_owned()),
                Err(_) => self.model.refuse(&actor.id),
            }
        }
        let steps = answers.into_iter().filter_map(|(actor, answer)| {
            let committed = answer.ok().filter(|committed| committed.record.is_some());
            Some((actor, committed?))
        });
        self.owed.extend(steps);
        self.compare(life)
    }

    /// What a command will come to, if nothing comes in between.
    fn foretell(&self, command: &Command, actor: &Actor, now: Timestamp, life: &Life) -> Foretold {
        let oracle = &*self.world.oracle;
        match command {
            Command::Open {
                workflow,
                case,
                data,
            } => match life.runtime.definitions().current(workflow) {
                None => Foretold::UnknownWorkflow,
                Some(_) if self.model.cases.contains_key(*case) => Foretold::Known,
                Some(definition) => {
                    let open =
                        |setting: Setting<'_>| casewright_case::open(setting, case, data, actor);
                    Foretold::of(self.model.step(&definition, oracle, now, open))
                }
            },
            Command::Send {
                case,
                event,
                data,
                revisions,
            } => {
                let Some(known) = self.model.cases.get(*case) else {
                    return Foretold::UnknownCase;
                };
                let revision = known.case.revision;
                if revisions
                    .as_ref()
                    .is_some_and(|some| !some.contains(&revision))
                {
                    return Foretold::Mismatch(revision);
                }
                let send = |setting: Setting<'_>| {
                    casewright_case::send(setting, &known.case, event, data, actor)
                };
                Foretold::of(self.model.step(&known.definition, oracle, now, send))
            }
        }
    }
}

/// Whether the store will take nothing more.
fn says_shut(error: &StoreError) -> bool {
    error
        .to_string()
        .contains("before the store is opened again")
}

async fn carry_out(
    runtime: &Runtime,
    command: Command,
    actor: Actor,
) -> Result<Committed, CommandError> {
    match command {
        Command::Open {
            workflow,
            case,
            data,
        } => {
            let opened = runtime.open(workflow, Some(case.to_owned()), data, actor);
            opened.await
        }
        Command::Send {
            case,
            event,
            data,
            revisions,
        } => runtime.send(case, event, data, actor, revisions).await,
    }
}
